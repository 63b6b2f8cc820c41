--[[ ML10: an MTA that offers less than the policy needs is left at once; the next one is served.
rules = ( { name = "r"; when = { sender = "r@*"; };
            then = { add_header = { X-A = "1"; }; add_recipient = "v@example.org"; }; } );
]]
local all = SMFIF_ADDHDRS + SMFIF_CHGHDRS + SMFIF_CHGBODY + SMFIF_ADDRCPT + SMFIF_DELRCPT + SMFIF_SETSYMLIST
for _, missing in ipairs{SMFIF_ADDHDRS, SMFIF_ADDRCPT} do
  local conn = mt.connect(ADDRESS, 20, 0.1)
  local done, failure = pcall(offer, conn, nil, all - missing, nil)
  check(not done or failure ~= nil, "agreed without " .. missing)
  mt.disconnect(conn, false)
end
local conn = greeted(nil, all)
message(conn, "r@b.test")
check(mt.eom_check(conn, MT_RCPTADD, "<v@example.org>"), "the recipient")
mt.disconnect(conn)
