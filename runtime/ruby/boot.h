/* SPDX-License-Identifier: MIT */
/*
 * Ruby in this process: started without RubyGems and without the helpers that
 * decorate messages, load path on our runtime directory, compiled files
 * cached. Once per process.
 */
#pragma once

#include "runtime/ruby/host.h"

#include "common/err.h"

/* lib/rightlink/runtime beside the running program; ERR_ABSENT names the
 * place where it was looked for. */
int boot_find_runtime(char *out, size_t out_bytes, struct err *e) MUST_CHECK;
/* Starts the VM and defines RightLink::Native. argv becomes ARGV. Must be
 * called from a frame that stays (main). */
int boot_start(const char *runtime_dir, const char *program, int argc,
    char **argv, struct err *e) MUST_CHECK;
/* Runs at_exit blocks; 0, or the status that one of them asked for. */
int boot_stop(void);
