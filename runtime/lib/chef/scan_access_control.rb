# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  # Fills owner, group and mode of a current resource from what is on disk, in
  # the form in which the new resource names them (CORE-826).
  class ScanAccessControl
    def initialize(new_resource, current_resource)
      @new_resource = new_resource
      @current_resource = current_resource
    end

    def set_all!
      return unless stat

      @current_resource.owner(current_owner) if @current_resource.owner.nil?
      @current_resource.group(current_group) if @current_resource.group.nil?
      @current_resource.mode(format("%04o", stat.mode & 0o7777)) if @current_resource.mode.nil?
    end

    def stat
      look = @new_resource.is_a?(Resource::Link) ? :lstat : :stat
      @stat ||= File.public_send(look, @new_resource.path)
    rescue Errno::ENOENT
      nil
    end

    private

    def current_owner
      return stat.uid if @new_resource.owner.is_a?(Integer)

      require "etc"
      Etc.getpwuid(stat.uid).name
    rescue ArgumentError
      stat.uid
    end

    def current_group
      return stat.gid if @new_resource.group.is_a?(Integer)

      require "etc"
      Etc.getgrgid(stat.gid).name
    rescue ArgumentError
      stat.gid
    end
  end
end
