# SPDX-License-Identifier: MIT
#
# Runs with resources of later releases, where /etc and /var may be written
# (see within).

require_relative '../recipe/world'

unless File.stat('/etc').dev != File.stat('/usr').dev
  abort 'these tests write to /etc: run them through tests/runtime/later/within'
end

class Harness
  # A program of that name comes first on the PATH; it notes its calls.
  def tool(name, body = '')
    path = write("bin/#{name}", "#!/bin/sh\necho \"#{name} $*\" >> #{directory}/calls\n#{body}\n")
    File.chmod(0o755, path)
    bin = File.dirname(path)
    return if ENV['PATH'].start_with?("#{bin}:")

    @outer_path = ENV['PATH']
    ENV['PATH'] = "#{bin}:#{@outer_path}"
  end

  def calls
    File.exist?("#{directory}/calls") ? File.readlines("#{directory}/calls", chomp: true) : []
  end

  alias compile_plainly compile
  def compile(*recipes)
    Chef::Config[:file_cache_path] = "#{directory}/cache"
    Chef::Config[:file_backup_path] = "#{directory}/backup"
    FileUtils.mkdir_p("#{directory}/cache")
    compile_plainly(*recipes)
  end

  # Nothing but the resources of the recipe, without those inside of them.
  def outer(line)
    line[/\A(\w+) (\S.*\]) (\w+)\z/] && @context.resource_collection.any? { |r| r.to_s == $2 }
  end

  # Converges twice; answers what became of the recipe's resources.
  def twice(text)
    recipe text
    2.times.map do
      listener.lines.clear
      converge
      listener.lines.select { |line| outer(line) }.map { |line| line[/\A\w+/] }
    end
  end

  def mode(path)
    format('%04o', File.stat(path).mode & 0o7777)
  end

  alias teardown_plainly teardown
  def teardown
    ENV['PATH'] = @outer_path if @outer_path
    teardown_plainly
  end
end
