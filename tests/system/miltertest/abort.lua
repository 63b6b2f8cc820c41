--[[ The MTA takes a message back at each step: nothing of it is left when the next one is judged.
rules = ( { name = "both"; when = { sender = "first@*"; recipient_count = "> 1"; };
            then = { reject = "550 5.7.1 Too many"; }; },
          { name = "head"; when = { header = { Subject = "bad"; }; raw_body = "/^bad$/"; };
            then = { reject = "550 5.7.1 Both"; }; },
          { name = "mark"; when = { sender = "first@*"; }; then = { add_header = { X-First = "yes"; }; }; } );
]]
local steps = {
  function(conn) mail(conn, "first@b.test") end,
  function(conn) rcpt(conn, "u@example.org") end,
  function(conn) field(conn, "Subject", " bad") end,
  eoh,
  function(conn) body(conn, "bad\r\n") end,
}
local conn = greeted()
check(mt.abort(conn) == nil, "abort before any message")
for last = 1, #steps do
  for step = 1, last do steps[step](conn) end
  check(mt.abort(conn) == nil, "abort")
  if last % 2 == 0 then check(mt.abort(conn) == nil, "abort again") end
  message(conn, "second@b.test")
  check(not mt.eom_check(conn, MT_HDRADD), "the sender taken back counts after step " .. last)
  message(conn, "first@b.test")
  check(mt.eom_check(conn, MT_HDRADD, "X-First"), "the sender does not count after step " .. last)
end
mt.disconnect(conn)
