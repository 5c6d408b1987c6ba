/* SPDX-License-Identifier: MIT */
/* Puts the module together. */
#include "runtime/ruby/native.h"

#include "runtime/ruby/host.h"
#include "runtime/ruby/ids.h"

void
native_init(void)
{
	VALUE module, native;

	rb_ext_ractor_safe(false);
	ids_init();
	module = rb_define_module("RightLink");
	native = rb_define_module_under(module, "Native");
	host_root_set(ROOT_MODULE, module);
	host_root_set(ROOT_NATIVE, native);
	rb_define_const(module, "VERSION",
	    rb_obj_freeze(rb_utf8_str_new_cstr(RIGHTLINK_VERSION)));
	host_watch_interrupts();
	shell_define(native);
	tools_define(native);
	ohai_define(native);
	download_define(native);
	session_define(native);
	options_define(native);
	resource_define(native);
	provider_define(native);
	converge_define(native);
}
