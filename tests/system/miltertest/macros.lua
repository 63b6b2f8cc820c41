--[[ ML09: macros with bytes no MTA should send go into records and texts without harm.
rules = ( { name = "r"; when = { sender = "r@*"; }; then = { add_header = { X-Told = "[${listener}] ${auth}"; }; }; } );
]]
local conn = open()
mt.macro(conn, SMFIC_CONNECT, "{daemon_name}", "in\r\nbound", "j", "\1\127\n", "_", "")
check(mt.conninfo(conn, "client.test", "192.0.2.1") == nil, "connect")
for _, user in ipairs{"bob\r\nX-Evil: yes", "\255\254\128", "", string.rep("u", 400)} do
  mt.macro(conn, SMFIC_MAIL, "i", "Q\r\n1", "{auth_authen}", user, "{}", "x", "{", "y", "", "z")
  message(conn, "r@b.test")
  local told = mt.getheader(conn, "X-Told", 0)
  check(told ~= nil, "no X-Told")
  check(not told:find("[\r\n]X%-Evil"), "a field of the client's own: " .. told)
end
mt.disconnect(conn)
