/* SPDX-License-Identifier: MIT */
/*
 * The system providers, one line each: X(name) stands for the const table
 * provider_<name>. Included by the registry and by the files that define
 * them.
 */
#pragma once

#include "providers/provider.h"

/* clang-format off */
#define SYSTEM_PROVIDERS(X) \
	X(breakpoint) \
	X(cron) \
	X(env) \
	X(erl_call) \
	X(execute) \
	X(git) \
	X(group_gpasswd) \
	X(group_suse) \
	X(group_usermod) \
	X(ifconfig) \
	X(ifconfig_debian) \
	X(ifconfig_redhat) \
	X(mdadm) \
	X(package_apt) \
	X(package_dnf) \
	X(package_dpkg) \
	X(package_rpm) \
	X(package_rubygems) \
	X(package_yum) \
	X(package_zypper) \
	X(route) \
	X(script) \
	X(service_debian) \
	X(service_init) \
	X(service_insserv) \
	X(service_invokercd) \
	X(service_redhat) \
	X(service_simple) \
	X(service_systemd) \
	X(service_upstart) \
	X(subversion) \
	X(user_useradd)
/* clang-format on */

#define SYSTEM_PROVIDER_DECLARE(name)                                          \
	extern const struct provider provider_##name;
SYSTEM_PROVIDERS(SYSTEM_PROVIDER_DECLARE)
#undef SYSTEM_PROVIDER_DECLARE
