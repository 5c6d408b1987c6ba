/* SPDX-License-Identifier: MIT */
/*
 * Names that the host uses often, interned once: methods and instance
 * variables. A trailing _p stands for '?'. `ids.defined_at` is the method,
 * `ids.iv_action` is "@action".
 */
#pragma once

#include "runtime/ruby/mri.h"

#define HOST_METHODS(X)                                                        \
	X(action)                                                              \
	X(all_resources)                                                       \
	X(backtrace)                                                           \
	X(client_run_failure)                                                  \
	X(continue_p)                                                          \
	X(converge_by)                                                         \
	X(custom_exception_message)                                            \
	X(customize_exception)                                                 \
	X(debug)                                                               \
	X(debug_p)                                                             \
	X(defined_at)                                                          \
	X(delayed)                                                             \
	X(delayed_notifications)                                               \
	X(error)                                                               \
	X(events)                                                              \
	X(fatal)                                                               \
	X(immediate)                                                           \
	X(immediate_notifications)                                             \
	X(info)                                                                \
	X(info_p)                                                              \
	X(listens_p)                                                           \
	X(load_from_binary)                                                    \
	X(message)                                                             \
	X(next_index)                                                          \
	X(nothing)                                                             \
	X(notification_failure)                                                \
	X(notify_before)                                                       \
	X(notifications_p)                                                     \
	X(notifying_resource)                                                  \
	X(provider_class_for)                                                  \
	X(provider_for_action)                                                 \
	X(provider_requirement_failed)                                         \
	X(resolve_notification_references)                                     \
	X(resource)                                                            \
	X(resource_action_start)                                               \
	X(resource_bypassed)                                                   \
	X(resource_collection)                                                 \
	X(resource_completed)                                                  \
	X(resource_current_state_loaded)                                       \
	X(resource_failed)                                                     \
	X(resource_failed_retriable)                                           \
	X(resource_skipped)                                                    \
	X(resource_up_to_date)                                                 \
	X(resource_update_applied)                                             \
	X(resource_updated)                                                    \
	X(run_action)                                                          \
	X(set_backtrace)                                                       \
	X(short_description)                                                   \
	X(stand_at)                                                            \
	X(status)                                                              \
	X(updated_by_last_action)                                              \
	X(verbose_logging)                                                     \
	X(warn)                                                                \
	X(why_run)                                                             \
	X(whyrun_assumption)

#define HOST_IVARS(X)                                                          \
	X(action)                                                              \
	X(allowed_actions)                                                     \
	X(cookbook_name)                                                       \
	X(current_resource)                                                    \
	X(elapsed_time)                                                        \
	X(ignore_failure)                                                      \
	X(name)                                                                \
	X(new_resource)                                                        \
	X(not_if)                                                              \
	X(only_if)                                                             \
	X(provider)                                                            \
	X(recipe_name)                                                         \
	X(resource_name)                                                       \
	X(retries)                                                             \
	X(retry_delay)                                                         \
	X(run_context)                                                         \
	X(sensitive)                                                           \
	X(updated_by_last_action)

struct host_ids {
	ID at; /* [] */
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
