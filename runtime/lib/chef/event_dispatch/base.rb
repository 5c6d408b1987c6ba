# SPDX-License-Identifier: MIT
#
# Every event of a run, each with an empty body (CORE-660, CORE-661). Handlers
# subclass this and define what they want to hear; the dispatcher calls a
# subscriber only for methods that are not these empty ones.

class Chef
  module EventDispatch
    class Base
      def run_start(version); end
      def run_started(run_status); end
      def run_completed(node); end
      def run_failed(exception); end

      def ohai_completed(node); end

      def skipping_registration(node_name, config); end
      def registration_start(node_name, config); end
      def registration_completed; end
      def registration_failed(node_name, exception, config); end

      def node_load_start(node_name, config); end
      def node_load_failed(node_name, exception, config); end
      def node_load_completed(node, expanded_run_list, config); end
      def run_list_expand_failed(node, exception); end

      def cookbook_resolution_start(expanded_run_list); end
      def cookbook_resolution_failed(expanded_run_list, exception); end
      def cookbook_resolution_complete(cookbook_collection); end
      def cookbook_clean_start; end
      def removed_cookbook_file(path); end
      def cookbook_clean_complete; end
      def cookbook_sync_start(cookbook_count); end
      def synchronized_cookbook(cookbook_name); end
      def updated_cookbook_file(cookbook_name, path); end
      def cookbook_sync_failed(cookbooks, exception); end
      def cookbook_sync_complete; end
      def cookbook_compilation_start(run_context); end

      def library_load_start(file_count); end
      def library_file_loaded(path); end
      def library_file_load_failed(path, exception); end
      def library_load_complete; end

      def lwrp_load_start(file_count); end
      def lwrp_file_loaded(path); end
      def lwrp_file_load_failed(path, exception); end
      def lwrp_load_complete; end

      def attribute_load_start(file_count); end
      def attribute_file_loaded(path); end
      def attribute_file_load_failed(path, exception); end
      def attribute_load_complete; end

      def definition_load_start(file_count); end
      def definition_file_loaded(path); end
      def definition_file_load_failed(path, exception); end
      def definition_load_complete; end

      def recipe_load_start(recipe_count); end
      def recipe_file_loaded(path, recipe = nil); end
      def recipe_file_load_failed(path, exception); end
      def recipe_not_found(exception); end
      def recipe_load_complete; end

      def converge_start(run_context); end
      def converge_complete; end

      def resource_action_start(resource, action, notification_type = nil,
                                notifier = nil); end
      def resource_skipped(resource, action, conditional); end
      def resource_current_state_loaded(resource, action,
                                        current_resource); end
      def resource_current_state_load_bypassed(resource, action,
                                               current_resource); end
      def resource_bypassed(resource, action, provider); end
      def resource_update_applied(resource, action, update); end
      def resource_failed_retriable(resource, action, retry_count,
                                    exception); end
      def resource_failed(resource, action, exception); end
      def resource_updated(resource, action); end
      def resource_up_to_date(resource, action); end
      def resource_completed(resource); end

      def provider_requirement_failed(action, resource, exception,
                                      message); end
      def whyrun_assumption(action, resource, message); end

      def stream_opened(stream, options = {}); end
      def stream_closed(stream, options = {}); end
      def stream_output(stream, output, options = {}); end

      def handlers_start(handler_count); end
      def handler_executed(handler); end
      def handlers_completed; end

      def msg(message); end
      def deprecation(message, location = nil); end
    end
  end
end
