--[[ An MTA of version 2: it knows none of the later steps, waits for each answer, and takes the blank after
the colon for its own.
rules = ( { name = "e"; when = { sender = "e@*"; }; then = { set_header = { X-D = "3"; }; insert_header = { X-I = "1"; }; }; },
          { name = "h"; when = { header = { Subject = "bad"; }; }; then = { reject = "550 5.7.1 Header"; }; } );
]]
local conn = greeted(2, 0x3F, 0x7F)
check(not mt.test_option(conn, SMFIP_NR_HDR), "unanswered header")
check(not mt.test_option(conn, SMFIP_HDR_LEADSPC), "leading blanks")
mail(conn, "e@b.test")
rcpt(conn, "u@example.org")
field(conn, "X-D", "1")
eoh(conn)
eom(conn)
check(mt.eom_check(conn, MT_HDRCHANGE, "X-D", "3"), "X-D")
check(mt.eom_check(conn, MT_HDRINSERT, "X-I", "1", 1), "X-I")
mail(conn, "h@b.test")
rcpt(conn, "u@example.org")
field(conn, "Subject", "bad")
eoh(conn, "replycode")
mt.disconnect(conn)
