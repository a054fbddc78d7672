# postroom: one non-recursive Makefile. `make help` lists what it can do.
#
# BUILD is the folder of a build; SAN=1 (address and undefined-behaviour sanitizers) and FUZZ=1 (libFuzzer, clang)
# have folders of their own, so that no build disturbs another.

.DEFAULT_GOAL := all
SHELL := /bin/bash
# `make V=1` shows the commands.
ifndef V
Q := @
endif
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif

BUILD := build
ifdef SAN
BUILD := build/san
endif
ifdef FUZZ
BUILD := build/fuzz
CC := clang
endif

# ---- flags -------------------------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wformat=2 -Wnull-dereference \
	-Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wvla -Walloca -Wimplicit-fallthrough -Wcast-qual -Wundef
ifeq ($(CC),gcc)
WARN += -Wformat-overflow=2 -Wformat-truncation=2
endif
ifndef NO_WERROR
WARN += -Werror
endif
HARDEN := -fstack-protector-strong -fstack-clash-protection -fno-strict-aliasing -fno-delete-null-pointer-checks -fPIE
ifeq ($(CC),gcc)
HARDEN += -ftrivial-auto-var-init=zero
endif
ifeq ($(shell uname -m),x86_64)
HARDEN += -fcf-protection=full
endif
ifndef SAN
ifndef FUZZ
HARDEN += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif
endif
OPT := -O2 -g
ifdef SAN
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDSAN := -fsanitize=address,undefined
endif
ifdef FUZZ
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined
LDSAN := -fsanitize=address,undefined
endif

# The fast pass over patterns: libhs (Vectorscan or Hyperscan) where it is installed; HS=0 builds without.
HS ?= $(shell pkg-config --exists libhs && echo 1 || echo 0)
PKGS := glib-2.0 gmime-3.0 libxml-2.0 libpq $(if $(filter 1,$(HS)),libhs)
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
CPPFLAGS += -Iinclude -I. -include postroom/banned.h -D_GNU_SOURCE -DPR_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
CFLAGS = -std=c11 $(OPT) $(WARN) $(HARDEN)
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed $(LDSAN)
VERSION := 0.1.0

# ---- sources -----------------------------------------------------------------------------------------------------

have = $(wildcard $(1))

LIB_BASE := $(call have,lib/base/err.c lib/base/str.c lib/base/arena.c lib/base/buf.c lib/base/utf8.c lib/base/log.c \
	lib/base/clock.c lib/base/file.c)
LIB_CORE := $(call have,lib/core/digest.c lib/core/record.c lib/core/cid.c lib/core/contact.c lib/core/bundle.c \
	lib/core/spool.c lib/core/spool_put.c lib/core/spool_walk.c lib/core/reference.c lib/core/phone.c lib/core/postcode.c lib/core/calendar.c \
	lib/core/diag.c lib/core/yaml.c lib/core/config.c lib/core/config_load.c lib/core/config_value.c lib/core/config_secret.c lib/core/config_example.c lib/core/council.c lib/core/catalogue.c lib/core/avoidable.c lib/core/verdict.c \
	lib/core/queue.c lib/core/queue_take.c lib/core/queue_check.c lib/core/queue_redis.c)
LIB_SERVICE := $(call have,lib/service/service.c lib/service/arguments.c lib/service/signals.c lib/service/notify.c lib/service/zygote.c lib/service/zygote_nest.c \
	lib/service/sandbox.c)
LIB_MAIL := $(call have,lib/mail/parse.c lib/mail/charset.c lib/mail/html_text.c lib/mail/reply_text.c \
	lib/mail/automated.c lib/mail/address.c lib/mail/build.c lib/mail/work.c lib/mail/header.c \
	lib/mail/body.c lib/mail/part.c lib/mail/report.c lib/mail/text.c)
LIB_STORE := $(call have,lib/store/db.c lib/store/store.c lib/store/store_sqlite.c lib/store/store_pgsql.c \
	lib/store/store_contact.c lib/store/store_citizen.c lib/store/store_case.c lib/store/store_event.c \
	lib/store/store_outbox.c lib/store/store_staff.c lib/store/migrations.c)
LIB_GATEWAY := $(call have,lib/gateway/http_client.c lib/gateway/gateways.c lib/gateway/gateway_kannel.c \
	lib/gateway/gateway_webhook.c lib/gateway/gateway_null.c lib/gateway/gsm7.c)
LIB_WEB := $(call have,lib/web/server.c lib/web/request.c lib/web/page.c lib/web/page_render.c lib/web/html_context.c \
	lib/web/multipart.c lib/web/listen.c lib/web/token.c lib/web/common.c)

INGEST := $(call have,ingest/submit.c ingest/committer.c ingest/canary.c)
INGEST_EMAIL := $(call have,ingest/email/main.c ingest/email/serve.c ingest/email/options.c ingest/email/mailboxes.c ingest/email/maildir.c ingest/email/stdin.c ingest/email/imap.c \
	ingest/email/imap_connect.c ingest/email/imap_session.c ingest/email/tls_verify.c ingest/email/uid_state.c ingest/email/name_set.c)
INGEST_SMS := $(call have,ingest/sms/main.c ingest/sms/options.c ingest/sms/webhook.c)
INGEST_WEB := $(call have,ingest/web/main.c ingest/web/options.c ingest/web/door.c ingest/web/form.c ingest/web/pages.c ingest/web/seen.c)
SCAN := classify/match_scan_$(if $(filter 1,$(HS)),hs,all).c classify/match_scan_syntax.c classify/match_scan_child.c \
	classify/match_scan_cache.c
CLASSIFY := $(call have,classify/classify.c classify/message.c classify/ruleset.c classify/rule_parse.c classify/rule_value.c classify/rule_condition.c classify/rule_list.c \
	classify/rule_hints.c classify/ask.c classify/note.c \
	classify/fold.c classify/phrases.c classify/match_words.c classify/match_near.c \
	classify/match_pattern.c classify/ledger.c $(SCAN) classify/match_field.c classify/language.c classify/facts.c classify/fact_scan.c classify/fact_known.c classify/fact_secret.c classify/fact_uprn.c \
	classify/fact_vrm.c classify/fact_pcn.c classify/fact_account.c classify/fact_what3words.c classify/fact_date.c classify/fact_street.c classify/fact_street_words.c \
	classify/kind.c \
	classify/risk.c classify/explain.c classify/rules_test.c classify/options.c \
	classify/fit.c classify/fit_course.c classify/suggest.c classify/suggest_words.c)
CLASSIFY_DAEMON := $(call have,classify/main.c classify/read.c)
CASES := $(call have,dispatch/cases/accept.c dispatch/cases/identity.c dispatch/cases/acknowledge.c \
	dispatch/cases/ack_templates.c dispatch/cases/avoidable.c dispatch/cases/due.c dispatch/cases/policy.c)
DISPATCH := $(call have,dispatch/main.c dispatch/batch.c dispatch/sweep.c dispatch/options.c)
SEND := $(call have,dispatch/send/main.c dispatch/send/options.c dispatch/send/send.c dispatch/send/smtp.c dispatch/send/sms.c)
CONSOLE := $(call have,console/main.c console/options.c console/doors.c console/pages.c console/contact.c console/actions.c \
	console/session.c console/templates.c)
# Settings of programs that the command does not link otherwise.
OPTIONS := $(call have,ingest/email/options.c ingest/sms/options.c ingest/web/options.c dispatch/options.c \
	dispatch/send/options.c console/options.c)
TOOLS := $(call have,tools/main.c tools/tool.c tools/parse.c tools/classify.c tools/verdict_json.c tools/check.c tools/setup.c tools/status.c tools/show.c \
	tools/explain.c tools/bury.c tools/reconcile.c tools/rules.c tools/contact_json.c tools/judged.c tools/backtest.c \
	tools/backtest_report.c tools/fit.c tools/suggest.c)

# Archives, a later one may use an earlier one: the link order is the layering.
BASE := $(BUILD)/libpr_base.a
CORE := $(BUILD)/libpr_core.a
SERVICE := $(BUILD)/libpr_service.a
MAIL := $(BUILD)/libpr_mail.a
STORE := $(BUILD)/libpr_store.a
GATEWAY := $(BUILD)/libpr_gateway.a
WEB := $(BUILD)/libpr_web.a
SUBMIT := $(BUILD)/libpr_submit.a
RULES := $(BUILD)/libpr_classify.a
CASE := $(BUILD)/libpr_cases.a

LIBS_CORE := $(CORE) $(BASE) -lhiredis -lsodium -lyaml
LIBS_SERVICE := $(SERVICE) $(LIBS_CORE) -lsystemd -lseccomp
LIBS_MAIL := $(MAIL) -lgmime-3.0 -lgobject-2.0 -lglib-2.0 -lxml2 -luchardet
LIBS_STORE := $(STORE) -lsqlite3 -lpq
LIBS_GATEWAY := $(GATEWAY) -lcurl -ljansson
LIBS_WEB := $(WEB) -lmicrohttpd
LIBS_RULES := $(RULES) -lpcre2-8 -lunistring -lm $(if $(filter 1,$(HS)),-lhs)

PROGRAMS := $(if $(INGEST_EMAIL),postroom-ingest-email) $(if $(INGEST_SMS),postroom-ingest-sms) \
	$(if $(INGEST_WEB),postroom-ingest-web) $(if $(CLASSIFY_DAEMON),postroom-classify) \
	$(if $(DISPATCH),postroom-dispatch) $(if $(SEND),postroom-send) $(if $(CONSOLE),postroom-console) \
	$(if $(TOOLS),postroom)
BIN := $(PROGRAMS:%=$(BUILD)/bin/%)

all: $(BIN)

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(Q),@echo '  CC  $<')
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/lib/core/queue_redis.o: lib/core/queue.lua
$(BUILD)/obj/ingest/web/pages.o: $(wildcard ingest/web/pages/*.html)
$(BUILD)/obj/console/templates.o: $(wildcard console/pages/*.html)
$(BUILD)/obj/lib/web/common.o: lib/web/style.css
$(BUILD)/obj/lib/store/migrations.o: $(wildcard lib/store/migrations/*.sql)

$(BUILD)/obj/tools/setup.o: tools/setup/postroom.yaml tools/setup/redis.conf

define archive
# the Makefile too: a list that changed makes another archive
$(1): $(call obj,$(2)) Makefile
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$(filter %.o,$$^)
endef
$(eval $(call archive,$(BASE),$(LIB_BASE)))
$(eval $(call archive,$(CORE),$(LIB_CORE)))
$(eval $(call archive,$(SERVICE),$(LIB_SERVICE)))
$(eval $(call archive,$(MAIL),$(LIB_MAIL)))
$(eval $(call archive,$(STORE),$(LIB_STORE)))
$(eval $(call archive,$(GATEWAY),$(LIB_GATEWAY)))
$(eval $(call archive,$(WEB),$(LIB_WEB)))
$(eval $(call archive,$(SUBMIT),$(INGEST)))
$(eval $(call archive,$(RULES),$(CLASSIFY)))
$(eval $(call archive,$(CASE),$(CASES)))

# program <- its own objects and what it links, in layer order
define program
$(BUILD)/bin/$(1): $(call obj,$(2)) $(filter %.a,$(3))
	@mkdir -p $$(@D)
	$(if $(Q),@echo '  LD  $$@')
	$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $(call obj,$(2)) $(3)
endef
$(eval $(call program,postroom-ingest-email,$(INGEST_EMAIL),$(SUBMIT) $(LIBS_SERVICE) -letpan -lgnutls))
$(eval $(call program,postroom-ingest-sms,$(INGEST_SMS),$(SUBMIT) $(LIBS_WEB) $(LIBS_GATEWAY) $(LIBS_SERVICE)))
$(eval $(call program,postroom-ingest-web,$(INGEST_WEB),$(SUBMIT) $(LIBS_WEB) $(LIBS_SERVICE)))
$(eval $(call program,postroom-classify,$(CLASSIFY_DAEMON),$(LIBS_RULES) $(LIBS_MAIL) $(LIBS_SERVICE)))
$(eval $(call program,postroom-dispatch,$(DISPATCH),$(CASE) $(WEB) $(LIBS_STORE) $(LIBS_SERVICE)))
$(eval $(call program,postroom-send,$(SEND),$(LIBS_STORE) $(LIBS_GATEWAY) $(LIBS_MAIL) $(LIBS_SERVICE)))
$(eval $(call program,postroom-console,$(CONSOLE),$(CASE) $(LIBS_WEB) $(LIBS_STORE) $(LIBS_SERVICE)))
$(eval $(call program,postroom,$(TOOLS) $(OPTIONS),$(SUBMIT) $(CASE) $(LIBS_RULES) $(LIBS_WEB) $(LIBS_STORE) $(LIBS_MAIL) $(LIBS_GATEWAY) $(LIBS_SERVICE) -ljansson))

# ---- unit tests: tests/unit mirrors the tree; each is linked with its own layer only ------------------------------

UNIT := $(sort $(shell find tests/unit -name 'test_*.c' 2>/dev/null))
UNIT_BIN := $(UNIT:tests/unit/%.c=$(BUILD)/tests/%)
unit_libs_lib/base := $(BASE)
unit_libs_lib/core := $(LIBS_CORE)
unit_libs_lib/service := $(LIBS_SERVICE)
unit_libs_lib/mail := $(LIBS_MAIL) $(LIBS_SERVICE)
unit_libs_lib/store := $(LIBS_STORE) $(LIBS_CORE)
unit_libs_lib/gateway := $(LIBS_GATEWAY) $(LIBS_CORE)
unit_libs_lib/web := $(LIBS_WEB) $(LIBS_CORE)
unit_libs_ingest := $(SUBMIT) $(LIBS_CORE)
unit_libs_ingest/web := $(SUBMIT) $(LIBS_WEB) $(LIBS_CORE)
unit_libs_ingest/email := $(SUBMIT) $(LIBS_SERVICE) -letpan -lgnutls
unit_libs_classify := $(LIBS_RULES) $(LIBS_CORE)
unit_libs_dispatch := $(CASE) $(WEB) $(LIBS_STORE) $(LIBS_SERVICE)
unit_libs_dispatch/cases := $(CASE) $(WEB) $(LIBS_STORE) $(LIBS_CORE)
unit_libs_dispatch/send := $(LIBS_STORE) $(LIBS_GATEWAY) $(LIBS_MAIL) $(LIBS_SERVICE)
# objects of a program that a unit test of its parts needs
unit_objs_ingest/web := $(call obj,$(filter-out ingest/web/main.c,$(INGEST_WEB)))
unit_objs_ingest/email := $(call obj,$(filter-out ingest/email/main.c,$(INGEST_EMAIL)))
unit_objs_dispatch := $(call obj,$(filter-out dispatch/main.c,$(DISPATCH)))
unit_objs_dispatch/send := $(call obj,$(filter-out dispatch/send/main.c,$(SEND)))

define unit
$(BUILD)/tests/$(1): $(BUILD)/obj/tests/unit/$(1).o $(unit_objs_$(patsubst %/,%,$(dir $(1)))) $(filter %.a,$(unit_libs_$(patsubst %/,%,$(dir $(1)))))
	@mkdir -p $$(@D)
	$(if $(Q),@echo '  LD  $$@')
	$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) $(unit_libs_$(patsubst %/,%,$(dir $(1)))) -lcmocka
endef
$(foreach t,$(UNIT:tests/unit/%.c=%),$(eval $(call unit,$(t))))

unit-bin: $(UNIT_BIN)
# `make unit T=lib/core/test_spool` runs one, `make unit` all.
unit: $(if $(T),$(BUILD)/tests/$(T),$(UNIT_BIN))
	@set -e; for t in $^; do echo "== $$t"; POSTROOM_SOURCE=. $$t; done

# ---- fuzz targets: tests/fuzz/fuzz_<parser>.c; FUZZ=1 links libFuzzer ---------------------------------------------

FUZZERS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_LIBS := $(SUBMIT) $(CASE) $(LIBS_RULES) $(LIBS_WEB) $(LIBS_STORE) $(LIBS_MAIL) $(LIBS_GATEWAY) $(LIBS_SERVICE)
define fuzzer
$(BUILD)/fuzz/$(1): $(BUILD)/obj/tests/fuzz/$(1).o $(filter %.a,$(FUZZ_LIBS))
	@mkdir -p $$(@D)
	$(if $(Q),@echo '  LD  $$@')
	$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -fsanitize=fuzzer -o $$@ $$< $(FUZZ_LIBS)
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$(f))))
fuzz-bin: $(FUZZERS:%=$(BUILD)/fuzz/%)

# ---- pages that are made from the source ---------------------------------------------------------------------------

$(BUILD)/tests/envelope: $(BUILD)/obj/tests/support/envelope.o $(CORE) $(BASE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIBS_CORE)

docs/ENVELOPE.md: $(BUILD)/tests/envelope
	@mkdir -p $(@D)
	$< > $@.tmp && mv $@.tmp $@

# ---- what `make bench` measures with ---------------------------------------------------------------------------------

$(BUILD)/tests/floor: $(BUILD)/obj/tests/bench/floor.o $(MAIL) $(CORE) $(BASE)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LD  $@')
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIBS_MAIL) $(LIBS_CORE) -lsqlite3

$(BUILD)/tests/post: $(BUILD)/obj/tests/bench/post.o $(BASE)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LD  $@')
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BASE)

$(BUILD)/tests/rules_bench: $(call obj,tests/bench/rules_bench.c tests/bench/rules_bench_text.c) $(RULES) $(CORE) $(BASE)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LD  $@')
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_RULES) $(LIBS_CORE)

## make         the programs, into build/bin
## make HS=0    the same without libhs (BUILD=... keeps the two apart)
## make unit    the unit tests; T=lib/core/test_spool runs one

# ---- the commands of README and CONTRIBUTING ----------------------------------------------------------------------

## make run     the whole pipeline on this machine, with sample messages; Ctrl-C stops it
run: ; @dist/deps.sh build run && $(MAKE) -s -j$(JOBS) all && exec dist/run.py $(BUILD)

## make test    every test; ends in one summary line
test:
	@dist/deps.sh build run test
	@$(MAKE) -s -j$(JOBS) all unit-bin
	@$(MAKE) -s -j$(JOBS) SAN=1 unit-bin
	@tests/run.py build --san build/san

## make lint    layering, settings without help, format, clang-tidy, cppcheck
lint:
	@dist/deps.sh build lint
	@tests/lint.py $(LINT)

## make faults  the full fault set: kills at every point, cut files, full disks
faults:
	@dist/deps.sh build run test
	@$(MAKE) -s -j$(JOBS) all
	@tests/run.py build tests/faults --full

## make fuzz    every fuzz target for SECONDS (60)
SECONDS_EACH ?= 60
fuzz:
	@dist/deps.sh build fuzz
	@$(MAKE) -s -j$(JOBS) FUZZ=1 fuzz-bin
	@tests/fuzz/run.sh build/fuzz $(SECONDS_EACH)

## make bench   name value unit lines, and build/bench.json
bench:
	@dist/deps.sh build run test
	@$(MAKE) -s -j$(JOBS) all $(BUILD)/tests/floor $(BUILD)/tests/post $(BUILD)/tests/rules_bench
	@tests/bench/run.py $(BUILD)

## make score   how right the rules are; CORPORA=DIR adds public data that is not part of postroom
score:
	@dist/deps.sh build
	@$(MAKE) -s -j$(JOBS) all
	@tests/score/run.py $(BUILD) --corpora "$(CORPORA)" $(SCORE)

## make format  put the tree into the form that make lint checks
format:
	@git ls-files '*.[ch]' | xargs clang-format -i

## make deps    install what Debian 12 lacks for all of these
deps:
	@dist/deps.sh build run test lint fuzz

JOBS := $(shell nproc)

print-cppflags:
	$(info $(CPPFLAGS))
	@:

## make install PREFIX=/usr/local: programs and rules
PREFIX ?= /usr/local
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/postroom
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin
	cp -r rules $(DESTDIR)$(PREFIX)/share/postroom/

docs/CONFIGURATION.md: docs/CONFIGURATION.head.md $(BUILD)/bin/postroom
	@{ cat $<; echo '```yaml'; $(BUILD)/bin/postroom setup --example; echo '```'; } >$@

## make clean   remove everything that was built
clean:
	rm -rf build

help:
	@sed -n 's/^## //p' Makefile

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.PHONY: all install run test lint faults fuzz bench score format deps print-cppflags unit unit-bin fuzz-bin clean help
.SECONDARY:
