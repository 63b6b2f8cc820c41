# Postern. `make run` tries it, `make test` proves it; README.md says the rest.
#
# Every .c below filters/, conf/ and proxy/ belongs to the program; every *_test.c below tests/unit/
# is a test program of its own. BUILD names the folder for all output, so that compilers and
# sanitizers keep apart: `make BUILD=build-clang CC=clang`.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= gcc
PYTHON  ?= /usr/bin/python3
OPT     ?= -O2 -g

WARNINGS := -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion \
	-Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wvla -Wundef \
	-Wformat=2 -Wpointer-arith -Wswitch-enum -Werror
HARDENING := -fstack-protector-strong -fPIE
ifeq ($(SANITIZE),)
HARDENING += -D_FORTIFY_SOURCE=2
endif
CFLAGS_ALL  := $(WARNINGS) $(HARDENING) $(OPT) $(SANITIZE) -I. -pthread $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now -pthread $(SANITIZE) $(LDFLAGS)
LIBS := -lpcre2-8 -lcrypto -lconfig -levent_core

sources = $(shell find $(1) -name '*.c' | sort)
FILTERS_SRC := $(call sources,filters)
CONF_SRC    := $(call sources,conf)
MAIN_SRC    := $(wildcard proxy/main.c proxy/command_*.c)
PROXY_SRC   := $(filter-out $(MAIN_SRC),$(call sources,proxy))
UNIT_SRC    := $(call sources,tests/unit)

object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
ARCHIVES := $(BUILD)/proxy.a $(BUILD)/conf.a $(BUILD)/filters.a
UNIT_SUPPORT := $(filter-out %_test.c,$(UNIT_SRC))
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(filter %_test.c,$(UNIT_SRC)))

.PHONY: all
all: $(BUILD)/postern

$(BUILD)/postern: $(call object,$(MAIN_SRC)) $(ARCHIVES)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(BUILD)/filters.a: $(call object,$(FILTERS_SRC))
$(BUILD)/conf.a: $(call object,$(CONF_SRC))
$(BUILD)/proxy.a: $(call object,$(PROXY_SRC))
$(ARCHIVES):
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# A unit test links what stands below it: tests of filters/ do not need proxy/ to compile.
$(BUILD)/tests/unit/base/%_test: $(BUILD)/obj/tests/unit/base/%_test.o $(BUILD)/filters.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(LIBS)
$(BUILD)/tests/unit/filters/%_test: $(BUILD)/obj/tests/unit/filters/%_test.o $(BUILD)/filters.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(LIBS)
$(BUILD)/tests/unit/conf/%_test: $(BUILD)/obj/tests/unit/conf/%_test.o $(BUILD)/conf.a \
		$(BUILD)/filters.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(LIBS)
$(BUILD)/tests/unit/%_test: $(BUILD)/obj/tests/unit/%_test.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(LIBS)

.PRECIOUS: $(BUILD)/obj/%.o

.PHONY: clean
clean:
	rm -rf build build-*

-include $(patsubst %.o,%.d,$(call object,$(FILTERS_SRC) $(CONF_SRC) $(MAIN_SRC) $(PROXY_SRC) $(UNIT_SRC)))
