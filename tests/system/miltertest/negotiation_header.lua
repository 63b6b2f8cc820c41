--[[ A policy that reads the header asks for no body and for no permission to change anything.
rules = ( { name = "r"; when = { header = { Subject = "bad"; }; }; then = { reject = "550 5.7.1 No"; }; } );
]]
local conn = open()
for name, asked in pairs{NOBODY = true, NODATA = false, NOUNKNOWN = true, NOCONNECT = false, NOHELO = false,
    NOMAIL = false, NORCPT = false, NOHDRS = false, NOEOH = false, NR_HDR = true, NR_EOH = false,
    NR_MAIL = false, NR_RCPT = false, HDR_LEADSPC = true, RCPT_REJ = true} do
  check(mt.test_option(conn, _G["SMFIP_" .. name]) == asked, name)
end
for _, name in ipairs{"ADDHDRS", "CHGHDRS", "CHGBODY", "ADDRCPT", "DELRCPT", "QUARANTINE", "CHGFROM"} do
  check(not mt.test_action(conn, _G["SMFIF_" .. name]), name)
end
check(mt.test_action(conn, SMFIF_SETSYMLIST), "the macros it wants are not asked for")
message(greeted(), "a@b.test")
mt.disconnect(conn)
