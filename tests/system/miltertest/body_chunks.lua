--[[ A body in chunks of all sizes is one body: a line found wherever it is cut, and nothing lost of a large one.
rules = ( { name = "r"; when = { raw_body = "/^needle$/"; }; then = { reject = "550 5.7.1 Found"; }; },
          { name = "size"; when = { size = "> 300000"; }; then = { add_header = { X-Size = "large"; }; }; } );
]]
local conn = greeted()
local function begin()
  mail(conn, "a@b.test")
  rcpt(conn, "u@example.org")
  header(conn)
end
local text = "one\r\nneedle\r\ntwo\r\n"
for cut = 1, #text - 1 do
  begin()
  body(conn, text:sub(1, cut))
  body(conn, text:sub(cut + 1))
  eom(conn, "replycode")
end
begin()
for at = 1, #text do body(conn, text:sub(at, at)) end
eom(conn, "replycode")
for _, last in ipairs{"needle\r\n", "needles\r\n"} do
  begin()
  for _ = 1, 10 do body(conn, string.rep("0123456789abcd\r\n", 4095)) end
  body(conn, last)
  eom(conn, last == "needle\r\n" and "replycode" or "continue")
  check(mt.eom_check(conn, MT_HDRADD, "X-Size") == (last ~= "needle\r\n"), "the size")
end
begin()
check(mt.bodyrandom(conn, 400000) == nil, "many chunks")
eom(conn)
check(mt.eom_check(conn, MT_HDRADD, "X-Size"), "the size of many chunks")
begin()
eom(conn) -- no body
mt.disconnect(conn)
