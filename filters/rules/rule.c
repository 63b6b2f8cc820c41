/* rule: what kind of action an action is. */
#include "filters/rules/rule.h"

enum effect { EFFECT_NONE, EFFECT_PASSES, EFFECT_REFUSES };

static const struct {
    struct slice name;
    enum effect effect; /* a terminal action does one or the other */
} ACTIONS[] = {
    [ACTION_ACCEPT] = {SLICE_INIT("accept"), EFFECT_PASSES},
    [ACTION_ACCEPT_ALL] = {SLICE_INIT("accept"), EFFECT_PASSES}, /* written accept = "all" */
    [ACTION_REJECT] = {SLICE_INIT("reject"), EFFECT_REFUSES},
    [ACTION_TEMPFAIL] = {SLICE_INIT("tempfail"), EFFECT_REFUSES},
    [ACTION_DISCONNECT] = {SLICE_INIT("disconnect"), EFFECT_REFUSES},
    [ACTION_DISCARD] = {SLICE_INIT("discard"), EFFECT_PASSES},
    [ACTION_QUARANTINE] = {SLICE_INIT("quarantine"), EFFECT_PASSES},
    [ACTION_REDIRECT] = {SLICE_INIT("redirect"), EFFECT_PASSES},
    [ACTION_ADD_HEADER] = {SLICE_INIT("add_header"), EFFECT_NONE},
    [ACTION_INSERT_HEADER] = {SLICE_INIT("insert_header"), EFFECT_NONE},
    [ACTION_SET_HEADER] = {SLICE_INIT("set_header"), EFFECT_NONE},
    [ACTION_PREPEND] = {SLICE_INIT("prepend"), EFFECT_NONE},
    [ACTION_APPEND] = {SLICE_INIT("append"), EFFECT_NONE},
    [ACTION_REMOVE_HEADER] = {SLICE_INIT("remove_header"), EFFECT_NONE},
    [ACTION_REPLACE] = {SLICE_INIT("replace"), EFFECT_NONE},
    [ACTION_REPLACE_BODY] = {SLICE_INIT("replace_body"), EFFECT_NONE},
    [ACTION_APPEND_TEXT] = {SLICE_INIT("append_text"), EFFECT_NONE},
    [ACTION_APPEND_HTML] = {SLICE_INIT("append_html"), EFFECT_NONE},
    [ACTION_REMOVE_ATTACHMENT] = {SLICE_INIT("remove_attachment"), EFFECT_NONE},
    [ACTION_SET_SENDER] = {SLICE_INIT("set_sender"), EFFECT_NONE},
    [ACTION_ADD_RECIPIENT] = {SLICE_INIT("add_recipient"), EFFECT_NONE},
    [ACTION_REMOVE_RECIPIENT] = {SLICE_INIT("remove_recipient"), EFFECT_NONE},
    [ACTION_ARCHIVE] = {SLICE_INIT("archive"), EFFECT_NONE},
    [ACTION_UPSTREAM] = {SLICE_INIT("upstream"), EFFECT_NONE},
    [ACTION_SCORE] = {SLICE_INIT("score"), EFFECT_NONE},
    [ACTION_TAG] = {SLICE_INIT("tag"), EFFECT_NONE},
    [ACTION_LOG] = {SLICE_INIT("log"), EFFECT_NONE},
    [ACTION_DELAY] = {SLICE_INIT("delay"), EFFECT_NONE},
};

bool rule_action_refuses(enum action_kind kind)
{
    return ACTIONS[kind].effect == EFFECT_REFUSES;
}

bool rule_action_passes(enum action_kind kind)
{
    return ACTIONS[kind].effect == EFFECT_PASSES;
}

struct slice rule_action_name(enum action_kind kind)
{
    return ACTIONS[kind].name;
}
