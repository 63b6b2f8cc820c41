--[[ Header fields added, inserted below the MTA's own Received, set, taken away; addresses.
rules = ( { name = "e"; when = { sender = "e@*"; };
            then = { add_header = { X-Add = "last"; }; insert_header = { X-One = "1"; };
                     remove_header = "X-Remove"; set_header = { X-Set = "new"; X-None = "made"; };
                     prepend = { Subject = "[EXT] "; }; set_sender = "n@b.test";
                     add_recipient = "v@example.org"; remove_recipient = "u@example.org"; }; },
          { name = "two"; when = { sender = "e@*"; }; then = { insert_header = { X-Two = "2"; }; }; } );
]]
local conn = greeted()
mail(conn, "e@b.test")
rcpt(conn, "u@example.org")
rcpt(conn, "w@example.org")
for _, name in ipairs{"X-Set", "X-Remove", "Subject", "X-Keep", "X-Remove", "X-Set"} do field(conn, name, " old") end
eoh(conn)
eom(conn)
check(mt.eom_check(conn, MT_HDRADD, "X-Add", " last"), "X-Add")
check(mt.eom_check(conn, MT_HDRADD, "X-None", " made"), "X-None")
check(mt.getheader(conn, "X-Add", 0) == " last", "one X-Add")
check(mt.eom_check(conn, MT_HDRINSERT, "X-One", " 1", 1), "X-One")
check(mt.eom_check(conn, MT_HDRINSERT, "X-Two", " 2", 2), "X-Two")
check(mt.eom_check(conn, MT_HDRCHANGE, "X-Set", " new"), "the first X-Set is changed")
check(mt.eom_check(conn, MT_HDRDELETE, "X-Set"), "the other X-Set is deleted")
check(mt.eom_check(conn, MT_HDRDELETE, "X-Remove"), "X-Remove")
check(mt.eom_check(conn, MT_HDRCHANGE, "Subject"), "Subject")
for _, kind in ipairs{MT_HDRADD, MT_HDRINSERT, MT_HDRCHANGE, MT_HDRDELETE} do
  check(not mt.eom_check(conn, kind, "X-Keep"), "X-Keep is touched")
end
check(mt.eom_check(conn, MT_RCPTADD, "<v@example.org>"), "added")
check(mt.eom_check(conn, MT_RCPTDELETE, "<u@example.org>"), "removed")
check(not mt.eom_check(conn, MT_RCPTDELETE, "<w@example.org>"), "w is kept")
check(not mt.eom_check(conn, MT_BODYCHANGE), "the body")
message(conn, "plain@b.test")
for _, kind in ipairs{MT_HDRADD, MT_HDRINSERT, MT_HDRCHANGE, MT_HDRDELETE} do
  check(not mt.eom_check(conn, kind), "an edit of the message before")
end
check(not mt.eom_check(conn, MT_RCPTADD, "<v@example.org>"), "a recipient of the message before")
mt.disconnect(conn)
