# SPDX-License-Identifier: MIT
#
# A template file as a method of the template context. Kept by path, size and
# time: a thousand files from one template compile it once. The class below is
# opened by its full name so that constants in templates are those of top level.

require 'erubis'
require 'chef/mixin/template'

class Chef::Mixin::Template::TemplateContext
  def self._compile(name, source)
    class_eval("def #{name}; #{source}\nend", '(erubis)', 1)
    name
  end
end

module Chef::Mixin::Template::Compiled
  LIMIT = 64 << 20 # bytes of a template

  @methods = {}
  @count = 0

  class << self
    def render(path, context)
      stat = ::File.stat(path)
      key = [path, stat.size, stat.mtime]
      method = @methods[key] || (@methods[key] = compile(read(path, stat)))
      context.__send__(method)
    rescue Chef::Mixin::Template::TemplateError
      raise
    rescue StandardError, SyntaxError, SystemStackError => e
      raise Chef::Mixin::Template::TemplateError.new(
        e, text_of(path), context, path
      )
    end

    def render_text(text, context)
      context.__send__(compile(text))
    rescue Chef::Mixin::Template::TemplateError
      raise
    rescue StandardError, SyntaxError => e
      raise Chef::Mixin::Template::TemplateError.new(e, text, context)
    end

    private

    def compile(text)
      name = :"_template_#{@count += 1}"
      source = Erubis::Eruby.new(text).src
      Chef::Mixin::Template::TemplateContext._compile(name, source)
    end

    def read(path, stat)
      if stat.size > LIMIT
        raise ArgumentError, "template '#{path}' is larger than #{LIMIT} bytes"
      end

      text = ::File.read(path, encoding: 'UTF-8')
      text.valid_encoding? ? text : text.force_encoding('BINARY')
    end

    def text_of(path)
      ::File.read(path, encoding: 'UTF-8')
    rescue SystemCallError
      ''
    end
  end
end
