--[[ ML09: commands where none belongs. Whatever is heard, if anything is, the next message and the next session are
in order.
rules = ( { name = "r"; when = { sender = "r@*"; raw_body = "/^bad$/"; }; then = { reject = "550 5.7.1 Body"; }; },
          { name = "h"; when = { header = { Subject = "bad"; }; }; then = { add_header = { X-Bad = "yes"; }; }; } );
]]
-- The first two leave the session in order; the milter closes it within the others, which end with what does it.
local odd = {
  function(conn) mt.mailfrom(conn, "<a@b.test>") mt.mailfrom(conn, "<c@b.test>") mt.abort(conn) end,
  function(conn) mail(conn, "r@b.test") mt.bodystring(conn, "bad\r\n") mt.header(conn, "Subject", " bad") mt.abort(conn) end,
  function(conn) mt.mailfrom(conn, "<>") mt.helo(conn, "again.test") end,
  function(conn) mt.rcptto(conn, "") end,
  function(conn) mt.mailfrom(conn, "", "SIZE=", "SIZE=9x", "BODY") end,
  function(conn) mail(conn, "r@b.test") mt.header(conn, "", "") end,
  function(conn) mail(conn, "r@b.test") mt.header(conn, "A B", "\r\n\n") end,
  function(conn) mt.bodystring(conn, "bad") mt.rcptto(conn, "<late@example.org>") end,
}
for number, step in ipairs(odd) do
  local conn = greeted()
  mt.set_timeout(number <= 2 and 20 or 1) -- libmilter leaves some of the others unanswered
  pcall(step, conn)
  mt.set_timeout(20)
  if number <= 2 then
    message(conn, "r@b.test")
    check(not mt.eom_check(conn, MT_HDRADD), "X-Bad after " .. number)
  end
  mt.disconnect(conn, false)
  conn = greeted()
  message(conn, "r@b.test")
  check(not mt.eom_check(conn, MT_HDRADD), "X-Bad in the session after " .. number)
  mt.disconnect(conn)
end
