# SPDX-License-Identifier: MIT
#
# Going to the background and changing user (CORE-115, CORE-116).

require 'etc'
require 'chef/config'
require 'chef/log'

class Chef
  class Daemon
    class << self
      attr_reader :name

      def daemonize(name)
        @name = name
        file = lock_pid_file
        Process.daemon(true, false)
        ::File.umask(Chef::Config[:umask])
        file.truncate(0)
        file.rewind
        file.write("#{Process.pid}\n")
        file.flush
        @pid_file = file
      end

      def pid_file
        Chef::Config[:pid_file] || "/tmp/#{@name || 'chef-client'}.pid"
      end

      def change_privilege
        user = Chef::Config[:user]
        group = Chef::Config[:group] || user
        Chef::Log.info("About to change privilege to #{user}:#{group}")
        become(user, group)
      end

      private

      def lock_pid_file
        flags = ::File::RDWR | ::File::CREAT
        file = ::File.open(pid_file, flags, 0o644)
        return file if file.flock(::File::LOCK_EX | ::File::LOCK_NB)

        Chef::Application.fatal!("Chef is already running (#{pid_file})")
      rescue SystemCallError => e
        Chef::Application.fatal!("Cannot open #{pid_file}: #{e.message}")
      end

      def become(user, group)
        gid = entry { Etc.getgrnam(group) }.gid
        uid = user ? entry { Etc.getpwnam(user) }.uid : Process.uid
        return if Process.euid == uid && Process.egid == gid

        Process.initgroups(user, gid) if user
        Process::GID.change_privilege(gid)
        Process::UID.change_privilege(uid)
      rescue Errno::EPERM
        Chef::Application.fatal!('Permission denied when trying to change to ' \
                                 "#{user}:#{group}. Are you root?")
      end

      def entry
        yield
      rescue ArgumentError => e
        Chef::Application.fatal!("Failed to change user or group: #{e.message}")
      end
    end
  end
end
