# SPDX-License-Identifier: MIT
#
# archive_file of Chef 15 and later. Archives are never read in this process:
# tar and unzip do that.

class Chef
  class Resource
    class ArchiveFile < Chef::Resource
      unified_mode true
      description 'the files of an archive, laid out in a directory'
      examples <<~RECIPE
        archive_file "/var/cache/app-1.2.tar.gz" do
          destination "/opt/app-1.2"
          strip_components 1
          owner "app"
        end
      RECIPE

      # Options of Chef's and those of tar.
      TAR_OPTIONS = { owner: '--same-owner', permissions: '--same-permissions', perm: '--same-permissions', acl: '--acls',
                      xattr: '--xattrs', no_overwrite: '--skip-old-files', unlink: '--unlink-first', time: nil,
                      extract: nil, fflags: nil, secure_symlinks: nil, secure_nodotdot: nil }.freeze

      property :path, String, name_property: true, coerce: proc { |p| ::File.expand_path(p) },
               description: 'the archive (tar, compressed or not, or zip)'
      property :destination, String, required: true, description: 'the directory'
      property :owner, [String, Integer], description: 'owner of directory and files'
      property :group, [String, Integer], description: 'group of directory and files'
      property :mode, [String, Integer], default: '755', description: 'permissions of the directory'
      property :options, [Array, Symbol], default: [:time], coerce: proc { |o| Array(o).map(&:to_sym) }, callbacks: {
        "must be among #{TAR_OPTIONS.keys.join(', ')}" => ->(list) { (list - TAR_OPTIONS.keys).empty? }
      }, description: 'what is taken from the archive too: owner, permissions, acl, xattr; no_overwrite, unlink'
      property :overwrite, [true, false, :auto], default: false,
               description: 'unpack although the directory is there; :auto: when size or time of a file differs'
      property :strip_components, Integer, default: 0, description: 'leading directories to leave out of the names'

      action :extract, description: 'unpack unless the directory is there' do
        unless ::File.file?(new_resource.path)
          raise Errno::ENOENT, "no archive found at #{new_resource.path}"
        end
        there = ::File.directory?(new_resource.destination)
        unpack(there) if !there || new_resource.overwrite == true || (new_resource.overwrite == :auto && differs?)
        own if new_resource.owner || new_resource.group
      end

      action_class do
        def zip?
          ::File.binread(new_resource.path, 4) == "PK\x03\x04"
        end

        def destination
          new_resource.destination
        end

        def unpack(there)
          converge_by("extract #{new_resource.path} to #{destination}") do
            ::FileUtils.mkdir_p(destination, mode: new_resource.mode.to_s.to_i(8)) unless there
            zip? ? unzip : untar
          end
        end

        def untar
          words = ['--no-same-owner', '--no-same-permissions', *TAR_OPTIONS.values_at(*new_resource.options).compact]
          words << "--strip-components=#{new_resource.strip_components}"
          need('tar', 'tar')
          shell_out!('tar', '-x', '-f', new_resource.path, '-C', destination, *words, timeout: 3600)
        end

        def unzip
          need('unzip', 'unzip')
          keep = new_resource.options.include?(:no_overwrite) ? '-n' : '-o'
          return shell_out!('unzip', '-q', keep, new_resource.path, '-d', destination) if new_resource.strip_components.zero?

          require 'tmpdir'
          Dir.mktmpdir('.unzip', destination) do |dir|
            shell_out!('unzip', '-q', new_resource.path, '-d', dir)
            below = Dir.glob("#{dir}/#{'*/' * new_resource.strip_components}*", ::File::FNM_DOTMATCH)
            ::FileUtils.cp_r(below.reject { |p| %w[. ..].include?(::File.basename(p)) }, destination, preserve: true)
          end
        end

        def need(program, package)
          return if which(program)

          raise Chef::Exceptions::UnsupportedAction,
                "#{new_resource} needs the program #{program}: declare package \"#{package}\" before it"
        end

        # Names, sizes and times of the files that the archive has.
        def listed
          lines = zip? ? zip_lines : tar_lines
          lines.filter_map do |size, time, name|
            name = name.split('/').drop_while { |part| part == '.' }.drop(new_resource.strip_components).join('/')
            [name, size, time] unless name.empty?
          end
        end

        # -rw-r--r-- root/root 2 2020-01-02 03:04:05 name
        def tar_lines
          out = shell_out!('tar', '-t', '-v', '--full-time', '--utc', '--quoting-style=literal', '-f', new_resource.path).stdout
          out.each_line(chomp: true).filter_map do |line|
            found = line.match(/\A-\S+ +\S+ +(\d+) (\d+-\d+-\d+ \d+:\d+:\d+)\S* (.*)\z/)
            [found[1].to_i, Time.parse("#{found[2]} UTC"), found[3]] if found
          end
        end

        # -rw-r--r--  3.0 unx        2 tx stor 20200102.030405 name
        def zip_lines
          out = shell_out!('unzip', '-Z', '-T', new_resource.path).stdout
          out.each_line(chomp: true).filter_map do |line|
            found = line.match(/\A-\S+ +\S+ +\S+ +(\d+) +\S+ +\S+ +(\d{8}\.\d{6}) (.*)\z/)
            [found[1].to_i, Time.strptime(found[2], '%Y%m%d.%H%M%S'), found[3]] if found
          end
        end

        # Zip has times of two seconds.
        def differs?
          slack = zip? ? 2 : 1
          listed.any? do |name, size, time|
            stat = ::File.lstat(::File.join(destination, name))
            stat.size != size || (stat.mtime - time).abs >= slack
          rescue SystemCallError
            true
          end
        end

        def own
          require 'etc'
          uid = id_of(new_resource.owner) { |name| Etc.getpwnam(name).uid }
          gid = id_of(new_resource.group) { |name| Etc.getgrnam(name).gid }
          paths = [destination, *Dir.glob("#{destination}/**/*", ::File::FNM_DOTMATCH).grep_v(%r{/\.\.?\z})]
          wrong = paths.select do |path|
            stat = ::File.lstat(path)
            (uid && stat.uid != uid) || (gid && stat.gid != gid)
          end
          return if wrong.empty?

          converge_by("set owner of files extracted in #{destination} to #{new_resource.owner}:#{new_resource.group}") do
            wrong.each { |path| ::File.lchown(uid, gid, path) }
          end
        end

        def id_of(account)
          account.is_a?(String) ? yield(account) : account
        end
      end
    end
  end
end
