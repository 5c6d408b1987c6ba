# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/exceptions"

class Chef
  # Brings owner, group and mode of a path to what a resource says. For
  # Ruby providers; built-in ones do this natively.
  class FileAccessControl
    UINT = 0xffff_ffff

    attr_reader :current_resource, :resource, :provider

    def initialize(current_resource, new_resource, provider)
      @current_resource = current_resource
      @resource = new_resource
      @provider = provider
      @modified = false
    end

    def file
      @resource.path
    end

    def modified?
      @modified
    end

    def set_all!
      set_owner!
      set_group!
      set_mode!
    end
    alias_method :set_all, :set_all!

    def requires_changes?
      should_update_mode? || should_update_owner? || should_update_group?
    end

    def target_uid
      id_of(@resource.owner) { |name| Etc.getpwnam(name).uid }
    rescue ArgumentError
      raise Exceptions::UserIDNotFound,
            "cannot determine user id for '#{@resource.owner}', " \
            "does the user exist on this system?"
    end

    def target_gid
      id_of(@resource.group) { |name| Etc.getgrnam(name).gid }
    rescue ArgumentError
      raise Exceptions::GroupIDNotFound,
            "cannot determine group id for '#{@resource.group}', " \
            "does the group exist on this system?"
    end

    def target_mode
      mode = @resource.mode
      return nil if mode.nil?

      (mode.is_a?(String) ? mode.oct : mode.to_i) & 0o7777
    end

    def should_update_owner?
      target = target_uid
      !target.nil? && stat&.uid != target
    end

    def should_update_group?
      target = target_gid
      !target.nil? && stat&.gid != target
    end

    def should_update_mode?
      target = target_mode
      !target.nil? && (stat.nil? || (stat.mode & 0o7777) != target)
    end

    def set_owner!
      change { File.lchown(target_uid, nil, file) } if should_update_owner?
    end
    alias_method :set_owner, :set_owner!

    def set_group!
      change { File.lchown(nil, target_gid, file) } if should_update_group?
    end
    alias_method :set_group, :set_group!

    def set_mode!
      change { File.chmod(target_mode, file) } if should_update_mode?
    end
    alias_method :set_mode, :set_mode!

    def describe_changes
      changes = []
      changes << "change owner to '#{@resource.owner}'" if should_update_owner?
      changes << "change group to '#{@resource.group}'" if should_update_group?
      changes << format("change mode to '%04o'", target_mode) if should_update_mode?
      changes
    end

    private

    def stat
      File.lstat(file)
    rescue Errno::ENOENT
      nil
    end

    def change
      yield
      @modified = true
    end

    def id_of(value)
      return nil if value.nil?
      return value & UINT if value.is_a?(Integer)
      return value.to_i & UINT if value.match?(/\A-?\d+\z/)

      require "etc"
      yield(value)
    end
  end
end
