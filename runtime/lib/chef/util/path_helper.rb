# SPDX-License-Identifier: MIT

class Chef
  class Util
    # Paths as libraries of later cookbooks take them apart. 12 and later.
    class PathHelper
      class << self
        def join(*parts)
          ::File.join(*parts.map(&:to_s))
        end

        def dirname(path)
          ::File.dirname(path)
        end

        def cleanpath(path)
          ::File.join(::Pathname.new(path.to_s).cleanpath.to_s)
        end

        # With links followed; of what is not there, as far as it goes.
        def canonical_path(path, _add_prefix = true)
          ::File.realdirpath(path)
        end

        def relative_path_from(from, to)
          ::Pathname.new(cleanpath(to)).relative_path_from(::Pathname.new(cleanpath(from)))
        end

        def paths_eql?(one, other)
          canonical_path(one) == canonical_path(other)
        end

        # For Dir.glob: what is a name stays one.
        def escape_glob_dir(*parts)
          cleanpath(join(*parts)).gsub(/[\\{}\[\]*?]/) { |c| "\\#{c}" }
        end
        alias_method :escape_glob, :escape_glob_dir

        def path_separator
          ::File::SEPARATOR
        end

        def home(*parts)
          home = ENV['HOME'] || ::Dir.home
          path = join(home, *parts)
          block_given? ? yield(path) : path
        end
        alias_method :all_homes, :home

        def absolute_path?(path)
          ::Pathname.new(path).absolute?
        end
      end
    end
  end
end
