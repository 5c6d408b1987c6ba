# SPDX-License-Identifier: MIT
#
# Checks of new content before it is put in place. 12 and later.

class Chef
  class Resource
    class File
      # One check: a command with %{path}, the name of a known one, or a block.
      class Verification
        # Names that other files give to checks.
        KNOWN = {
          json: ->(path) { Chef::JSONCompat.parse(::File.read(path)) },
          yaml: ->(path) { ::YAML.load_file(path) },
          systemd_unit: lambda do |path|
            next unless ChefUtils.which('systemd-analyze')

            Chef::Mixin::ShellOut.shell_out!('systemd-analyze', 'verify', path)
          end
        }.freeze

        def initialize(resource, command, options, &block)
          unless block || command.is_a?(String) || KNOWN.key?(command)
            raise ArgumentError, "verify takes a command, a block or one of #{KNOWN.keys.join(', ')}, " \
                                 "not #{command.inspect}"
          end
          @resource = resource
          @command = command
          @options = options
          @block = block
        end

        def inspect
          @block ? '{ #code block }' : @command.inspect
        end

        # Raises when the content of the file is refused.
        def ask(path)
          reason = if @block then refused_by_block(path)
                   elsif @command.is_a?(Symbol) then refused_by_name(path)
                   else refused_by_command(path)
                   end
          return unless reason

          raise Chef::Exceptions::ValidationFailed,
                "Proposed content for #{@resource.path} failed verification#{reason}"
        end

        private

        def refused_by_block(path)
          ': the block said no' unless @block.call(path)
        end

        def refused_by_name(path)
          KNOWN.fetch(@command).call(path)
          nil
        rescue StandardError => e
          " #{@command}: #{e.message}"
        end

        # %{file} is the older word.
        def refused_by_command(path)
          text = @command.gsub('%{path}', path).gsub('%{file}', path)
          told = Chef::Mixin::ShellOut.shell_out(text, @options)
          return unless told.error?
          return " #{@command}" if @resource.sensitive

          " #{@command}\n#{told.format_for_exception}"
        end
      end

      # verify "command %{path}"; verify { |path| … }; without: the checks.
      def verify(command = nil, options = {}, &block)
        return @verify || [] if command.nil? && block.nil?

        (@verify ||= []) << Verification.new(self, command, options, &block)
        nil
      end
    end
  end
end
