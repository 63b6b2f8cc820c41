--[[ A policy asks for leave to do what its rules do, and for no more.
rules = ( { name = "r"; when = { sender = "r@*"; };
            then = { add_header = { X-A = "1"; }; remove_recipient = "u@example.org"; }; },
          { name = "q"; when = { sender = "q@*"; }; then = { quarantine = "odd"; }; } );
]]
local conn = greeted()
for name, asked in pairs{ADDHDRS = true, DELRCPT = true, QUARANTINE = true, CHGHDRS = false, CHGBODY = false,
    ADDRCPT = false, ADDRCPT_PAR = false, CHGFROM = false} do
  check(mt.test_action(conn, _G["SMFIF_" .. name]) == asked, name)
end
message(conn, "q@b.test")
check(mt.eom_check(conn, MT_QUARANTINE, "odd"), "the reason")
message(conn, "r@b.test")
check(not mt.eom_check(conn, MT_QUARANTINE), "the message before is not forgotten")
check(mt.eom_check(conn, MT_HDRADD, "X-A", " 1"), "X-A")
check(mt.eom_check(conn, MT_RCPTDELETE, "<u@example.org>"), "the recipient")
mt.disconnect(conn)
