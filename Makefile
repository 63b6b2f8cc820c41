# Postern. `make help` lists the goals; README.md says the rest.
#
# Every .c below filters/, conf/ and proxy/ belongs to the program; every *_test.c below tests/unit/, every fuzz_*.c of
# tests/fuzz/ and every .c of tests/bench/ is a program of its own. BUILD names the folder for all output, so that
# compilers and sanitizers keep apart: `make BUILD=build-clang CC=clang`. V=1 shows the commands.

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
GMIME_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags gmime-3.0 2>/dev/null))
GMIME_LIBS   := $(shell pkg-config --libs gmime-3.0 2>/dev/null)
LIBS := -lpcre2-8 -lssl -lcrypto -lconfig -levent_core -lcares -ljansson -lmilter -lidn2 -lpsl -lz $(GMIME_LIBS)

# --- what there is --------------------------------------------------------------------------------

sources = $(shell find $(1) -name '*.c' 2>/dev/null | sort)
object  = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
program = $(patsubst %.c,$(BUILD)/%,$(1))

FILTERS_SRC := $(call sources,filters)
CONF_SRC    := $(call sources,conf)
MAIN_SRC    := $(wildcard proxy/main.c proxy/command_*.c)
PROXY_SRC   := $(filter-out $(MAIN_SRC),$(call sources,proxy))
TESTS_SRC   := $(call sources,tests)
UNIT_SRC    := $(filter tests/unit/%_test.c,$(TESTS_SRC))
FUZZ_SRC    := $(filter tests/fuzz/fuzz_%.c,$(TESTS_SRC))
BENCH_SRC   := $(filter tests/bench/%.c,$(TESTS_SRC))
PRELOAD_SRC := $(filter tests/preload/%.c,$(TESTS_SRC))

UNIT_TESTS     := $(call program,$(UNIT_SRC))
FUZZ_TARGETS   := $(call program,$(FUZZ_SRC))
BENCH_PROGRAMS := $(call program,$(BENCH_SRC))
PRELOADS       := $(PRELOAD_SRC:%.c=$(BUILD)/%.so)
ARCHIVES       := $(BUILD)/proxy.a $(BUILD)/conf.a $(BUILD)/filters.a

# --- how each is built ----------------------------------------------------------------------------

# One short line a file.
quiet = $(if $(V),,@echo "  $(1)  $@";)

.PHONY: all
all: $(BUILD)/postern ## builds the program
	@:

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(patsubst %,$(BUILD)/obj/filters/mime/%.o,mime mime_part mime_stream): private CFLAGS_ALL += $(GMIME_CFLAGS)

$(BUILD)/filters.a: $(call object,$(FILTERS_SRC))
$(BUILD)/conf.a: $(call object,$(CONF_SRC))
$(BUILD)/proxy.a: $(call object,$(PROXY_SRC))
$(BUILD)/unit.a: $(call object,$(filter-out $(UNIT_SRC),$(filter tests/unit/%,$(TESTS_SRC))))
$(BUILD)/fuzz.a: $(call object,$(filter-out $(FUZZ_SRC),$(filter tests/fuzz/%,$(TESTS_SRC))))
$(BUILD)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call quiet,AR)$(AR) rcs $@ $^

define link
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
endef
$(BUILD)/postern: $(call object,$(MAIN_SRC)) $(ARCHIVES)
	$(link)
$(UNIT_TESTS) $(FUZZ_TARGETS) $(BENCH_PROGRAMS): $(BUILD)/%: $(BUILD)/obj/%.o
	$(link)

# A unit test links what stands below it: tests of filters/ do not need proxy/ to compile.
BELOW_FILTERS := $(BUILD)/unit.a $(BUILD)/filters.a
BELOW_CONF    := $(BUILD)/unit.a $(BUILD)/conf.a $(BUILD)/filters.a
BELOW_PROXY   := $(BUILD)/unit.a $(ARCHIVES)
$(filter $(BUILD)/tests/unit/filters/%,$(UNIT_TESTS)): $(BELOW_FILTERS)
$(filter $(BUILD)/tests/unit/conf/%,$(UNIT_TESTS)): $(BELOW_CONF)
$(filter $(BUILD)/tests/unit/proxy/%,$(UNIT_TESTS)): $(BELOW_PROXY)
$(FUZZ_TARGETS): $(BUILD)/fuzz.a $(BELOW_PROXY)
$(UNIT_TESTS): private LIBS += -lcmocka
$(FUZZ_TARGETS): private LDFLAGS_ALL += -fsanitize=fuzzer
$(BUILD)/tests/bench/idle_milter: private LIBS := -lmilter
$(BUILD)/tests/bench/patterns: $(BUILD)/filters.a

# What system tests put between the program and its C library.
$(PRELOADS): $(BUILD)/%.so: %.c tests/preload/orders.h
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) $(filter-out -fPIE,$(WARNINGS) $(HARDENING)) $(OPT) -I. -fPIC -shared -o $@ $<

-include $(patsubst %.o,%.d,$(call object,$(FILTERS_SRC) $(CONF_SRC) $(MAIN_SRC) $(PROXY_SRC) $(TESTS_SRC)))

# --- what a person types --------------------------------------------------------------------------

# Two jobs when make makes itself, unless the caller has chosen a number.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j2)
again = +@$(MAKE) --no-print-directory $(JOBS)

.PHONY: help
help: ## says this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s%s\n", $$1, $$2 }' Makefile

.PHONY: run
run: deps-build ## builds the program and tries it: a gateway and its sink on this machine
	$(again) all
	@$(PYTHON) packaging/try --postern $(BUILD)/postern --maildir $(BUILD)/run/mail

.PHONY: test
test: deps ## every test there is; ends in `N passed, N failed`
	$(again) all unit-tests
	$(again) fuzz-build
	@$(PYTHON) tests/run --build $(BUILD) --fuzz $(FUZZ_BUILD) $(UNIT_TESTS)

.PHONY: asan ubsan
asan: ## every test under the address sanitizer, in a build of its own
	$(again) BUILD=build-asan OPT='-O1 -g' test \
		SANITIZE='-fsanitize=address -fno-omit-frame-pointer'
ubsan: ## and under the one for undefined behaviour
	$(again) BUILD=build-ubsan OPT='-O1 -g' test \
		SANITIZE='-fsanitize=undefined -fno-sanitize-recover=all'

.PHONY: lint
lint: deps ## what can be said without running the program; builds it with clang, too
	$(again) BUILD=build-clang CC=$(CLANG) SANITIZE= all unit-tests
	@$(PYTHON) tests/lint/run --cc gcc --cc $(CLANG)

.PHONY: fuzz
fuzz: deps ## looks for what breaks a parser, FUZZ_SECONDS=60 for each
	$(again) fuzz-build
	@$(PYTHON) tests/fuzz/run --seconds $(FUZZ_SECONDS) $(FUZZ_BUILD)

MUTANTS ?=
.PHONY: mutants
mutants: deps ## breaks lines of a copy and tells which the tests notice: hours; MUTANTS='--count 2 conf' for less
	@$(PYTHON) tests/mutants/run $(MUTANTS)

.PHONY: bench
bench: deps-bench ## measures it, beside others where they are installed
	$(again) all bench-programs
	@$(PYTHON) tests/bench/run $(BUILD)/postern

.PHONY: format
format: ## lays the sources out anew
	clang-format -i $(shell find filters conf proxy tests -name '*.[ch]')

.PHONY: install
install: deps-build ## puts it into DESTDIR, PREFIX=/usr/local and SYSCONFDIR=/etc
	$(again) all
	@BUILD='$(BUILD)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)' packaging/install

.PHONY: clean
clean: ## takes away all that was built
	rm -rf build build-*

# Parts of the above.
.PHONY: unit-tests fuzz-targets fuzz-build bench-programs deps-build deps deps-bench
unit-tests: $(UNIT_TESTS) $(PRELOADS) ## only builds them, with what they are run with
	@:
fuzz-targets: $(FUZZ_TARGETS)
	@:
fuzz-build: ## only builds the fuzz targets, with clang and its sanitizers, in FUZZ_BUILD=build-fuzz
	$(again) BUILD=$(FUZZ_BUILD) CC=$(CLANG) OPT='-O1 -g' fuzz-targets \
		SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
bench-programs: $(BENCH_PROGRAMS) ## only builds what is measured against
	@:
deps-build: ## installs the packages that building needs
	@packaging/deps --build
deps: ## ... and testing
	@packaging/deps
deps-bench: ## ... and measuring
	@packaging/deps --bench
