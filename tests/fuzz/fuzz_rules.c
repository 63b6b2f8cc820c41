/* fuzz_rules: rules x message. The bytes choose a list of rules from a grammar, and two messages;
 * the invariants are those of the rule model (outcome as of one reading, turns, shadows and earlier
 * messages make no difference, what is of no interest changes nothing). */
#include "tests/unit/filters/eval/rule_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;

    model_make(&model, data, size);
    model_check(&model);
    return 0;
}
