# SPDX-License-Identifier: MIT
#
# What happens in a run, for the agent: one record per event as it happens, in
# the words of wire/tbl/events.h.

require 'chef/event_dispatch/base'

module RightLink
  class AgentEvents < Chef::EventDispatch::Base
    # One action at work; nested ones stack up.
    Step = Struct.new(:resource, :action, :notifier, :started, :changes, :diff)

    CHANGES_MAX = 200
    DIFF_MAX = 256 << 10 # bytes

    attr_writer :dispatcher

    def initialize(run_list)
      super()
      @run_list = run_list
      @steps = []
      @updated = 0
      @total = 0
      @told = false
      @failed = nil
      secrets = (Native.run_spec || {})['secrets']
      @masks = !(secrets.nil? || secrets.empty?)
    end

    def node_load_completed(_node, recipes, _config)
      send_event('run_list_expanded', 'run_list' => @run_list,
                                      'recipes' => recipes)
    end

    def recipe_file_loaded(path, recipe = nil)
      return unless recipe

      send_event('recipe_loaded',
                 'recipe' => "#{recipe.cookbook_name}::#{recipe.recipe_name}",
                 'file' => path)
    end

    def converge_start(run_context)
      send_event('converge_started',
                 'resources' => run_context.resource_collection.size)
    end

    def converge_complete
      send_event('converge_finished', 'updated' => @updated,
                                      'total' => @total)
    end

    def resource_action_start(resource, action, _type = nil, _notifier = nil)
      return if @steps.last && @steps.last.resource.equal?(resource)

      @steps << Step.new(resource, action, @dispatcher.notifier, now, [], nil)
      send_event('resource_started', named(resource, action))
    end

    def resource_update_applied(resource, _action, update)
      step = @steps.last
      return unless step && step.resource.equal?(resource)

      Array(update).each { |line| note(step, line, resource) }
    end

    def resource_updated(resource, action)
      @updated += 1
      @total += 1
      fields = named(resource, action)
      fields['elapsed_ms'] = elapsed
      add_place(fields, resource)
      add_changes(fields)
      fields['why_run'] = true if Chef::Config[:why_run]
      send_event('resource_updated', fields)
    end

    def resource_up_to_date(resource, action)
      @total += 1
      fields = named(resource, action)
      fields['elapsed_ms'] = elapsed
      send_event('resource_unchanged', fields)
    end

    def resource_skipped(resource, action, conditional)
      fields = named(resource, action)
      fields['reason'] = reason(resource, conditional)
      send_event('resource_skipped', fields)
    end

    def resource_failed_retriable(resource, action, left, exception)
      fields = named(resource, action)
      fields['text'] = text_of(exception, resource)
      fields['left'] = left
      send_event('resource_retried', fields)
    end

    def resource_failed(resource, action, exception)
      @failed = resource unless resource.ignore_failure
      fields = named(resource, action)
      fields['text'] = text_of(exception, resource)
      fields['class'] = exception.class.name.to_s
      fields['elapsed_ms'] = elapsed
      add_line(fields, resource)
      fields['ignored'] = true if resource.ignore_failure
      send_event('resource_failed', fields)
    end

    def resource_completed(resource)
      @steps.pop if @steps.last && @steps.last.resource.equal?(resource)
    end

    %i[library attribute lwrp definition recipe].each do |kind|
      define_method(:"#{kind}_file_load_failed") do |path, exception|
        @told = true
        tell_failure(exception, path)
      end
    end

    # What failed outside a file of a cookbook was not told yet.
    def run_failed(exception)
      tell_failure(exception, nil) unless @told
    end

    def deprecation(message, _location = nil)
      send_event('warning_issued', 'text' => message.to_s)
    end

    private

    def tell_failure(exception, path)
      require 'rightlink/blame'
      text = Blame.message(exception)
      hint = Blame.hint(exception)
      fields = { 'text' => hint ? "#{text}. #{hint}" : text,
                 'class' => exception.class.name.to_s }
      place = Blame.of(exception, path) || place_of_failed
      if place
        fields['file'] = place.file
        fields['line'] = place.line
        excerpt = place.excerpt
        fields['excerpt'] = excerpt if excerpt
      end
      send_event('cook_failed', fields)
    end

    # A failure below Ruby: where its resource is declared.
    def place_of_failed
      line = @failed && @failed.source_line_number
      line && Blame::Place.new(@failed.source_line_file, line.to_i)
    end

    def note(step, line, resource)
      if line.is_a?(String)
        step.changes << line if step.changes.size < CHANGES_MAX
      elsif resource.sensitive
        step.diff = Chef::Resource::Printing::SUPPRESSED
      elsif line.is_a?(Array)
        step.diff = "#{step.diff}#{line.join("\n")}\n"[0, DIFF_MAX]
      end
    end

    def named(resource, action)
      { 'resource' => resource.to_s, 'action' => action.to_s }
    end

    def add_changes(fields)
      step = @steps.last
      return unless step

      fields['changes'] = step.changes unless step.changes.empty?
      fields['diff'] = step.diff if step.diff
      fields['notified_by'] = step.notifier.to_s if step.notifier
    end

    def add_place(fields, resource)
      if resource.cookbook_name
        fields['recipe'] = "#{resource.cookbook_name}::#{resource.recipe_name}"
      end
      add_line(fields, resource)
    end

    def add_line(fields, resource)
      line = resource.source_line_number
      return unless line

      fields['file'] = resource.source_line_file
      fields['line'] = line.to_i
    end

    def reason(resource, conditional)
      if resource.sensitive || !conditional.respond_to?(:command)
        return conditional.short_description.to_s
      end

      conditional.to_text
    end

    def text_of(exception, resource)
      return exception.class.name.to_s if resource.sensitive

      require 'rightlink/blame'
      Blame.message(exception)
    end

    def elapsed
      @steps.empty? ? 0 : ((now - @steps.last.started) * 1000).round
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def send_event(name, fields)
      fields.transform_values! { |value| masked(value) } if @masks
      fields['event'] = name
      Native.event(fields)
    end

    def masked(value)
      case value
      when String then Native.mask(value)
      when Array then value.map { |item| masked(item) }
      else value
      end
    end
  end
end
