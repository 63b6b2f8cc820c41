--[[ Two sessions at once, step by step in turn, know nothing of each other.
rules = ( { name = "r"; when = { sender = "r@*"; header = { Subject = "any"; }; raw_body = "/^bad$/"; };
            then = { reject = "550 5.7.1 Body"; }; } );
]]
local first, second = greeted(), greeted()
mail(first, "r@b.test")
mail(second, "s@b.test")
rcpt(second, "u@example.org")
rcpt(first, "u@example.org")
header(first)
header(second)
body(first, "ba")
body(second, "ba")
body(first, "d\r\n")
body(second, "d\r\n")
eom(second)
mt.disconnect(second, false)
eom(first, "replycode")
message(first, "r@b.test")
mt.disconnect(first)
