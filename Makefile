# Postern. `make run` tries it, `make test` proves it; README.md says the rest.
#
# Every .c below filters/, conf/ and proxy/ belongs to the program; every *_test.c below tests/unit/
# is a test program of its own. BUILD names the folder for all output, so that compilers and
# sanitizers keep apart: `make BUILD=build-clang CC=clang`.

BUILD   ?= build
PREFIX  ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=
ifeq ($(origin CC),default)
CC      := gcc
endif
CLANG   ?= clang
PYTHON  ?= /usr/bin/python3
OPT     ?= -O2 -g
FUZZ_BUILD   ?= build-fuzz
FUZZ_SECONDS ?= 60

WARNINGS := -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion \
	-Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wvla -Wundef \
	-Wformat=2 -Wpointer-arith -Wswitch-enum -Werror
HARDENING := -fstack-protector-strong -fPIE
ifeq ($(SANITIZE),)
HARDENING += -D_FORTIFY_SOURCE=2
endif
CFLAGS_ALL  := $(WARNINGS) $(HARDENING) $(OPT) $(SANITIZE) -I. -pthread $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now -pthread $(SANITIZE) $(LDFLAGS)
LIBS := -lpcre2-8 -lssl -lcrypto -lconfig -levent_core -lcares -ljansson -lmilter -lidn2

# One short line a file; V=1 shows the commands.
quiet = $(if $(V),,@echo "  $(1)  $@";)

sources = $(shell find $(1) -name '*.c' 2>/dev/null | sort)
FILTERS_SRC := $(call sources,filters)
CONF_SRC    := $(call sources,conf)
MAIN_SRC    := $(wildcard proxy/main.c proxy/command_*.c)
PROXY_SRC   := $(filter-out $(MAIN_SRC),$(call sources,proxy))
UNIT_SRC    := $(call sources,tests/unit)
FUZZ_SRC    := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_SUPPORT := $(filter-out $(FUZZ_SRC),$(call sources,tests/fuzz))
BENCH_SRC   := $(call sources,tests/bench)
PRELOAD_SRC := $(wildcard tests/preload/*.c)
ALL_SRC     := $(FILTERS_SRC) $(CONF_SRC) $(MAIN_SRC) $(PROXY_SRC) $(UNIT_SRC) $(FUZZ_SRC) \
	$(FUZZ_SUPPORT) $(BENCH_SRC) $(PRELOAD_SRC)

BENCH_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(BENCH_SRC))

object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
ARCHIVES := $(BUILD)/proxy.a $(BUILD)/conf.a $(BUILD)/filters.a
UNIT_SUPPORT := $(filter-out %_test.c,$(UNIT_SRC))
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(filter %_test.c,$(UNIT_SRC)))
PRELOADS := $(patsubst %.c,$(BUILD)/%.so,$(PRELOAD_SRC))
FUZZ_TARGETS := $(patsubst %.c,$(BUILD)/%,$(FUZZ_SRC))

# Two jobs when make makes itself, unless the caller has chosen a number.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j2)
again = +@$(MAKE) --no-print-directory $(JOBS)

.PHONY: all
all: $(BUILD)/postern
	@:

$(BUILD)/postern: $(call object,$(MAIN_SRC)) $(ARCHIVES)
	$(call quiet,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(BUILD)/filters.a: $(call object,$(FILTERS_SRC))
$(BUILD)/conf.a: $(call object,$(CONF_SRC))
$(BUILD)/proxy.a: $(call object,$(PROXY_SRC))
$(BUILD)/unit.a: $(call object,$(UNIT_SUPPORT))
$(BUILD)/fuzz.a: $(call object,$(FUZZ_SUPPORT))
$(ARCHIVES) $(BUILD)/unit.a $(BUILD)/fuzz.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call quiet,AR)$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# A unit test links what stands below it: tests of filters/ do not need proxy/ to compile.
BELOW_FILTERS := $(BUILD)/unit.a $(BUILD)/filters.a
BELOW_CONF    := $(BUILD)/unit.a $(BUILD)/conf.a $(BUILD)/filters.a
BELOW_PROXY   := $(BUILD)/unit.a $(ARCHIVES)
define link_test
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(LIBS)
endef
$(BUILD)/tests/unit/filters/%_test: $(BUILD)/obj/tests/unit/filters/%_test.o $(BELOW_FILTERS)
	$(link_test)
$(BUILD)/tests/unit/conf/%_test: $(BUILD)/obj/tests/unit/conf/%_test.o $(BELOW_CONF)
	$(link_test)
$(BUILD)/tests/unit/%_test: $(BUILD)/obj/tests/unit/%_test.o $(BELOW_PROXY)
	$(link_test)

# Fuzz targets need clang and -fsanitize=fuzzer: see `fuzz-build`.
$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/fuzz.a $(BELOW_PROXY)
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lmilter

# What system tests put between the program and its C library.
$(BUILD)/tests/preload/%.so: tests/preload/%.c tests/preload/orders.h
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) $(filter-out -fPIE,$(WARNINGS) $(HARDENING)) $(OPT) -I. -fPIC -shared -o $@ $<

.PRECIOUS: $(BUILD)/obj/%.o

# --- what a person types --------------------------------------------------------------------------

.PHONY: run
run: deps-build
	$(again) all
	@$(PYTHON) packaging/try --postern $(BUILD)/postern --maildir $(BUILD)/run/mail

.PHONY: test
test: deps
	$(again) all unit-tests
	$(again) fuzz-build
	@$(PYTHON) tests/run --build $(BUILD) --fuzz $(FUZZ_BUILD) $(UNIT_TESTS)

.PHONY: unit-tests fuzz-targets fuzz-build
unit-tests: $(UNIT_TESTS) $(PRELOADS)
	@:
fuzz-targets: $(FUZZ_TARGETS)
	@:
fuzz-build:
	$(again) BUILD=$(FUZZ_BUILD) CC=$(CLANG) OPT='-O1 -g' fuzz-targets \
		SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'

.PHONY: fuzz
fuzz: deps
	$(again) fuzz-build
	@$(PYTHON) tests/fuzz/run --seconds $(FUZZ_SECONDS) $(FUZZ_BUILD)

# The whole suite again, in a build of its own.
.PHONY: asan ubsan
asan:
	$(again) BUILD=build-asan OPT='-O1 -g' test \
		SANITIZE='-fsanitize=address -fno-omit-frame-pointer'
ubsan:
	$(again) BUILD=build-ubsan OPT='-O1 -g' test \
		SANITIZE='-fsanitize=undefined -fno-sanitize-recover=all'

.PHONY: lint
lint: deps
	$(again) BUILD=build-clang CC=$(CLANG) SANITIZE= all unit-tests
	@$(PYTHON) tests/lint/run --cc gcc --cc $(CLANG)

# Breaks lines of a copy of the program on purpose and tells which the tests notice. Takes hours:
# MUTANTS='--count 2 --stages unit filters' for less; tests/mutants/run says more.
MUTANTS ?=
.PHONY: mutants
mutants: deps
	@$(PYTHON) tests/mutants/run $(MUTANTS)

.PHONY: format
format:
	clang-format -i $(shell find filters conf proxy tests -name '*.[ch]')

.PHONY: bench bench-programs
bench-programs: $(BENCH_PROGRAMS)
	@:
bench: deps-bench
	$(again) all bench-programs
	@$(PYTHON) tests/bench/run $(BUILD)/postern

# What builds the program; that and what tests it; that and what it is measured against.
.PHONY: deps-build deps deps-bench
deps-build:
	@packaging/deps --build
deps:
	@packaging/deps
deps-bench:
	@packaging/deps --bench

.PHONY: install
install: export BUILD := $(BUILD)
install: export DESTDIR := $(DESTDIR)
install: export PREFIX := $(PREFIX)
install: export SYSCONFDIR := $(SYSCONFDIR)
install: deps-build
	$(again) all
	@packaging/install

.PHONY: clean
clean:
	rm -rf build build-*

-include $(patsubst %.o,%.d,$(call object,$(ALL_SRC)))
