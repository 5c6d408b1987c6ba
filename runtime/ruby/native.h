/* SPDX-License-Identifier: MIT */
/*
 * RightLink::Native, the module through which the Ruby side reaches C. Each
 * glue file adds its functions.
 */
#pragma once

#include "runtime/ruby/mri.h"

/* Defines RightLink and RightLink::Native; the whole of the extension. Run
 * once by the extension's Init or by the host. */
void native_init(void);

void shell_define(VALUE native); /* shell_out */
void tools_define(VALUE native); /* digest, diff */
void ohai_define(VALUE native);  /* automatic attributes */
void download_define(VALUE native);
void session_define(VALUE native); /* event, run_spec, mask */
void options_define(VALUE native); /* SOLO_OPTIONS */
void resource_define(VALUE native);
void provider_define(VALUE native);
void converge_define(VALUE native); /* converge, run_action */
