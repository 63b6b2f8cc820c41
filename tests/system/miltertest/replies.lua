--[[ The rule's own reply, of several lines and with signs that mean something to libmilter, at each step.
rules = ( { name = "mail"; when = { sender = "mail@*"; }; then = { reject = [ "550 5.7.1 One", "two", "three" ]; }; },
          { name = "rcpt"; when = { recipient = "no@*"; }; then = { tempfail = [ "450 4.2.0 Come", "back" ]; }; },
          { name = "head"; when = { header = { Subject = "bad"; }; }; then = { reject = [ "554 5.7.1 Bad", "subject" ]; }; },
          { name = "body"; when = { raw_body = "/^later$/"; }; then = { tempfail = [ "451 4.7.1 100% sure", "%d %s", "end" ]; }; },
          { name = "once"; when = { raw_body = "/^never$/"; }; then = { reject = "550 5.7.1 Never, <so> \"told\""; }; },
          { name = "drop"; when = { raw_body = "/^drop$/"; }; then = { discard = true; }; } );
]]
local conn = greeted()
mail(conn, "mail@b.test", "replycode")
mail(conn, "a@b.test")
rcpt(conn, "no@example.org", "replycode")
rcpt(conn, "u@example.org") -- one refused recipient is not the message
header(conn)
body(conn, "later\r\n")
eom(conn, "replycode")
check(replied(conn, "451-4.7.1 100%% sure\r\n451-4.7.1 %%d %%s\r\n451 4.7.1 end"), "three lines, in which libmilter halves each %%")
mail(conn, "a@b.test")
rcpt(conn, "u@example.org")
field(conn, "Subject", " bad")
eoh(conn, "replycode")
for text, wanted in pairs{never = "replycode", drop = "discard", fine = "continue"} do
  mail(conn, "a@b.test")
  rcpt(conn, "u@example.org")
  header(conn)
  body(conn, text .. "\r\n")
  eom(conn, wanted)
  check(replied(conn, "550 5.7.1 Never, <so> \"told\"") == (text == "never"), text)
end
mt.disconnect(conn)
