/* SPDX-License-Identifier: MIT */
/*
 * Names that the host uses often, interned once: methods and instance
 * variables. `ids.defined_at` is the method, `ids.iv_action` is "@action".
 */
#pragma once

#include "runtime/ruby/mri.h"

#define HOST_METHODS(X)                                                        \
	X(action)                                                              \
	X(all_resources)                                                       \
	X(backtrace)                                                           \
	X(basename)                                                            \
	X(call)                                                                \
	X(class)                                                               \
	X(client_run_failure)                                                  \
	X(configuration)                                                       \
	X(delayed_notifications)                                               \
	X(events)                                                              \
	X(exception)                                                           \
	X(full_message)                                                        \
	X(immediate_notifications)                                             \
	X(load_from_binary)                                                    \
	X(message)                                                             \
	X(name)                                                                \
	X(next_index)                                                          \
	X(node)                                                                \
	X(notification_failure)                                                \
	X(notifying_resource)                                                  \
	X(provider_class_for)                                                  \
	X(provider_for_action)                                                 \
	X(resolve_notification_references)                                     \
	X(resource)                                                            \
	X(resource_collection)                                                 \
	X(run_action)                                                          \
	X(run_context)                                                         \
	X(set_backtrace)                                                       \
	X(stand_at)                                                            \
	X(status)                                                              \
	X(subscribers_for)                                                     \
	X(updated_by_last_action)                                              \
	X(updates_counted)                                                     \
	X(write)

#define HOST_IVARS(X)                                                          \
	X(action)                                                              \
	X(allowed_actions)                                                     \
	X(name)                                                                \
	X(provider)                                                            \
	X(resource_name)                                                       \
	X(updated)                                                             \
	X(updated_by_last_action)

struct host_ids {
#define ID_FIELD(name) ID name;
	HOST_METHODS(ID_FIELD)
#undef ID_FIELD
#define ID_FIELD(name) ID iv_##name;
	HOST_IVARS(ID_FIELD)
#undef ID_FIELD
};

extern struct host_ids ids;

/* Once, before anything of this room is used. */
void ids_init(void);
