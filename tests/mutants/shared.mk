# The Makefile, but unit tests find the program in a shared object: a broken line is compiled and linked once, not for
# each of them. BUILD is an absolute path, and CFLAGS has -fPIC.

override BELOW_FILTERS = $(BUILD)/unit.a | $(BUILD)/program.so
override BELOW_CONF = $(BELOW_FILTERS)
override BELOW_PROXY = $(BELOW_FILTERS)
include Makefile

$(UNIT_TESTS): private LIBS := $(BUILD)/program.so -Wl,-rpath,$(BUILD) $(LIBS) -lcmocka

$(BUILD)/program.so: $(call object,$(FILTERS_SRC) $(CONF_SRC) $(PROXY_SRC))
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) -shared -pthread $(SANITIZE) -o $@ $^ $(LIBS)
