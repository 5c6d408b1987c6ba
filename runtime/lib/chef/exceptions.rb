# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# The exception tree that recipes rescue by class (CORE-830).
class Chef
  # Each list names the children of one class; those with a message of their
  # own follow below.
  class Exceptions
    {
      RuntimeError => %i[
        Application Cron Env Exec ErlCall FileNotFound Package Service Route
        SearchIndex Override MissingLibrary CannotDetermineNodeName User Group
        Link Mount PrivateKeyMissing CannotWritePrivateKey RoleNotFound
        DuplicateRole RedirectLimitExceeded CookbookNotFound AttributeNotFound
        UnsupportedAction InvalidCommandOption CommandTimeout
        RequestedUIDUnavailable DsclCommandFailed PlistUtilCommandFailed
        InvalidResourceReference ResourceNotFound SolrConnectionError
        IllegalChecksumRevert MissingParentDirectory UnresolvableGitReference
        InvalidRemoteGitReference Win32APIError Win32NotWindows
        Win32NotAFile Win32ArchitectureIncorrect Win32RegKeyMissing
        Win32RegValueMissing Win32RegHiveMissing Win32RegDataTypeMismatch
        Win32RegNoRecursive Win32RegTypeDoesNotExist Win32RegBadType
        Win32RegBadValueSize Win32RegTypesMismatch WindowsNotAdmin
        PowershellCmdletException InsufficientPermissions Ifconfig
        EnvironmentNotFound FileTypeMismatch InvalidSymlink
        ChildConvergeError NoProviderAvailable ContentLengthMismatch
        BadProxyURI NoSuchAttribute AttributeTypeMismatch AssertionFailure
        ImmutableAttributeDelete ContentNotFound ReadOnlySearch
      ],
      ArgumentError => %i[
        ValidationFailed InvalidPrivateKey ConfigurationError
        AmbiguousRunlistSpecification CookbookFrozen CookbookNotFoundInRepo
        RecipeNotFound InvalidHomeDirectory UserIDNotFound GroupIDNotFound
        ConflictingMembersInGroup InvalidResourceSpecification
        CookbookVersionNameMismatch InvalidEnvironmentRunListSpecification
        InvalidDataBagItemID InvalidDataBagName EnclosingDirectoryDoesNotExist
        ObsoleteDependencySyntax InvalidDataBagPath CookbookVersionConflict
        InvalidPlatformVersion InvalidCookbookVersion InvalidVersionConstraint
        InvalidRemoteFileURI InvalidEnvironmentPath InvalidSearchQuery
      ],
      StandardError => %i[
        MissingCookbookDependency StaleAttributeRead InvalidRedirect
        MetadataNotValid MetadataNotFound
      ],
      NameError => %i[NoSuchResourceType],
      NotImplementedError => %i[IllegalVersionConstraint],
    }.each do |parent, names|
      names.each { |name| const_set(name, Class.new(parent)) }
    end

    class CannotDetermineNodeName
      def initialize(msg = "Unable to determine node name: configure " \
                           "node_name or configure the system's hostname and fqdn")
        super
      end
    end

    class ImmutableAttributeModification < NoMethodError
      def initialize(msg = "Node attributes are read-only when you do not " \
                           "specify which precedence level to set. To set an " \
                           "attribute use code like " \
                           "`node.default[\"key\"] = \"value\"'")
        super
      end
    end

    class UnsupportedPlatform < RuntimeError
      def initialize(platform)
        super("This functionality is not supported on platform #{platform}.")
      end
    end

    class RunLockTimeout < RuntimeError
      def initialize(timeout, blocking_pid)
        super("Unable to acquire lock. Waited #{timeout} seconds for " \
              "#{blocking_pid} to release.")
      end
    end

    # Set from the expansion that met the missing roles (CORE-213).
    class MissingRole < RuntimeError
      attr_reader :expansion

      def initialize(message_or_expansion = nil)
        if message_or_expansion.nil? || message_or_expansion.is_a?(String)
          super(message_or_expansion || "The expanded run list includes nonexistent roles.")
        else
          @expansion = message_or_expansion
          names = @expansion.errors.uniq.join(", ")
          super("The expanded run list includes nonexistent roles: #{names}")
        end
      end
    end

    # Several failures of one converge (CORE-630).
    class MultipleFailures < StandardError
      attr_reader :failures

      def initialize(failures = [])
        @failures = []
        failures.each { |e| client_run_failure(e) }
        super()
      end

      def message
        lines = @failures.map do |location, error|
          "* #{error.class} occurred in #{location}: #{error.message}\n"
        end
        "Multiple failures occurred:\n#{lines.join}"
      end
      alias_method :to_s, :message

      def client_run_failure(exception)
        set_backtrace(exception.backtrace) unless backtrace
        @failures << ["chef run", exception]
      end

      def notification_failure(exception)
        set_backtrace(exception.backtrace) unless backtrace
        @failures << ["delayed notification", exception]
      end

      def empty?
        @failures.empty?
      end

      # One failure is raised as itself.
      def raise!
        return if empty?

        raise @failures.size == 1 ? @failures.first.last : self
      end
    end

    module JSON
      class EncodeError < RuntimeError; end
      class ParseError < RuntimeError; end
    end

    # Deprecated name of Mixlib's class.
    def self.const_missing(name)
      return super unless name == :ShellCommandFailed

      require "mixlib/shellout"
      Chef::Log.warn("Chef::Exceptions::ShellCommandFailed is deprecated, " \
                     "use Mixlib::ShellOut::ShellCommandFailed")
      Mixlib::ShellOut::ShellCommandFailed
    end
  end
end
