--[[ A policy that reads the body asks for it, unanswered, and is not told of the end of the header.
rules = ( { name = "r"; when = { raw_body = "/^bad$/"; }; then = { reject = "550 5.7.1 Body"; }; } );
]]
local conn = greeted()
check(not mt.test_option(conn, SMFIP_NOBODY), "no body")
check(mt.test_option(conn, SMFIP_NR_BODY), "an answer to each chunk")
check(mt.test_option(conn, SMFIP_NOEOH), "the end of the header")
message(conn, "a@b.test")
mail(conn, "a@b.test")
rcpt(conn, "u@example.org")
body(conn, "good\r\nbad\r\n") -- no header at all
eom(conn, "replycode")
check(replied(conn, "550 5.7.1 Body"), "the reply")
mt.disconnect(conn)
