/* milter_endpoint: see milter_endpoint.h. */
#include "conf/read/milter_endpoint.h"

#include "conf/milter_address.h"
#include "conf/read/endpoint.h"
#include "conf/read/setting.h"
#include "filters/base/address.h"
#include "filters/base/endpoint.h"

bool milter_endpoint_read(struct build *build, const config_setting_t *s, struct endpoint *endpoint,
                          bool listener)
{
    struct slice text;

    if (!setting_text(build, s, MILTER_ADDRESS_WANTED, &text))
        return false;
    if (!milter_address_parse(text, listener, endpoint)) {
        setting_error(build, s, MILTER_ADDRESS_WANTED);
        return false;
    }
    return endpoint->address.family != ADDRESS_UNIX ||
           endpoint_read_unix(build, s, endpoint->path, endpoint);
}
