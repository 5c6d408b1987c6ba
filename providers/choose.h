/* SPDX-License-Identifier: MIT */
/* Which provider serves a resource on this machine (RES-map). */
#pragma once

#include "providers/view.h"

/*
 * The Ruby class below Chef::Provider ("Package::Apt") for a resource type
 * ("package") on a platform; NULL when the type names none. The platform's own
 * row decides; an unknown platform takes its family's, and a service the init
 * system that is really there (RES-map-3, -5, -6); without a row it is the
 * type's usual provider. Every text but the type may be NULL.
 * `name` is the service's name, else unused.
 */
const char *provider_choose(const char *resource_type, const char *platform,
    const char *version, const char *family, const struct view *view,
    const char *name);
