-- Runs SCRIPT against the milter at ADDRESS. The words the scripts are written in stand here; a name that is
-- none of miltertest's own is ours.

mt.set_timeout(20)

local NAMES = {
  [SMFIR_ACCEPT] = "accept", [SMFIR_CONTINUE] = "continue", [SMFIR_DISCARD] = "discard",
  [SMFIR_REJECT] = "reject", [SMFIR_REPLYCODE] = "replycode", [SMFIR_TEMPFAIL] = "tempfail",
}

-- Checks that what was asked for holds; the line told is the script's.
function check(holds, what)
  if not holds then error(what, 3) end
end

local function heard(conn, failure, wanted, step)
  if failure ~= nil then error(step .. ": " .. failure, 4) end
  local reply = mt.getreply(conn)
  local name = NAMES[reply] or string.char(math.floor(reply))
  if name ~= (wanted or "continue") then
    error(step .. ": " .. name .. " instead of " .. (wanted or "continue"), 4)
  end
end

-- What mt.negotiate takes is not in the order its manual tells: steps come before actions.
function offer(conn, version, actions, steps) return mt.negotiate(conn, version, steps, actions) end

-- A connection; all the MTA can is offered unless given.
function open(version, actions, steps)
  local conn = mt.connect(ADDRESS, 20, 0.1)
  check(conn ~= nil, "no connection")
  check(offer(conn, version, actions, steps) == nil, "no negotiation")
  return conn
end

-- One that has greeted.
function greeted(...)
  local conn = open(...)
  heard(conn, mt.conninfo(conn, "client.test", "192.0.2.1"), nil, "connect")
  heard(conn, mt.helo(conn, "client.test"), nil, "helo")
  return conn
end

-- Each step says what must be heard: "continue" if nothing is given.
function mail(conn, sender, wanted) heard(conn, mt.mailfrom(conn, "<" .. sender .. ">"), wanted, "mail") end
function rcpt(conn, to, wanted) heard(conn, mt.rcptto(conn, "<" .. to .. ">"), wanted, "rcpt") end
function field(conn, name, value) heard(conn, mt.header(conn, name, value), nil, name) end
function body(conn, text) heard(conn, mt.bodystring(conn, text), nil, "body") end
function eom(conn, wanted) heard(conn, mt.eom(conn), wanted, "end of message") end

-- A policy that cannot decide there has asked not to be told; then all goes on.
function eoh(conn, wanted)
  if mt.test_option(conn, SMFIP_NOEOH) then
    check((wanted or "continue") == "continue", "end of header is not asked for")
  else
    heard(conn, mt.eoh(conn), wanted, "end of header")
  end
end

-- Header and end of header of any message.
function header(conn, wanted)
  field(conn, "From", " a@b.test")
  field(conn, "Subject", " any")
  eoh(conn, wanted)
end

-- A whole message; what is heard at its end.
function message(conn, sender, wanted)
  mail(conn, sender)
  rcpt(conn, "u@example.org")
  header(conn)
  if not mt.test_option(conn, SMFIP_NOBODY) then body(conn, "text\r\n") end
  eom(conn, wanted)
end

-- The reply at the end of the message, its lines joined by CRLF: miltertest compares with its three words
-- and a blank between each two.
function replied(conn, text)
  local first, second, rest = text:match("^(%S+) (%S+) (.*)$")
  return mt.eom_check(conn, MT_SMTPREPLY, first, second, rest)
end

local done, why = xpcall(dofile, debug.traceback, SCRIPT)
if not done then
  mt.echo(why)
  error("failed")
end
