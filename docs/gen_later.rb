# SPDX-License-Identifier: MIT
#
# Prints the reference page of the resources of later releases (Markdown) from
# their classes. The page in the repository must be what this prints: a test
# compares them.
# Usage: ruby -I build/release/lib/rightlink/runtime -r chef docs/gen_later.rb

require 'chef/resource/custom'

INTRO = <<~TEXT.freeze
  # Resources of later releases

  <!-- Written by docs/gen_later.rb from runtime/lib/chef/resource/. Do not edit. -->

  Chef 12 and later brought resources that today's cookbooks take for granted. These are there (the
  default action is **bold**; a property in *italics* is the resource's name when it is not set). What
  every resource knows, and the resources of Chef 11, are in [resources.md](resources.md).

  A cookbook that brings a resource of the same name uses its own. With `strict_chef11 true` in solo.rb
  none of these exists.

TEXT

KINDS = { String => 'text', Symbol => 'symbol', Integer => 'number', Float => 'number', Array => 'list', Hash => 'map', true => 'true',
          false => 'false', nil => nil, NilClass => nil, TrueClass => 'true', FalseClass => 'false' }.freeze

def kind(property)
  property.types.filter_map { |type| KINDS.fetch(type, type.to_s) }.uniq.join(', ')
end

def default(property)
  value = property.options[:default]
  case value
  when nil then ''
  when Chef::DelayedEvaluator then property.options[:default_description] || 'computed'
  else "`#{value.inspect}`"
  end
end

def row(property)
  name = property.name_property? ? "*`#{property.name}`*" : "`#{property.name}`"
  cells = [name, kind(property), default(property), property.options[:description]]
  "| #{cells.map { |cell| cell.to_s.gsub('|', '\\|') }.join(' | ')} |"
end

def actions(klass)
  usual = klass.new('x').action
  (klass.action_words - [:nothing]).map do |word|
    text = usual == word || usual == [word] ? "**`#{word}`**" : "`#{word}`"
    told = klass.action_description(word)
    told ? "* #{text}: #{told}" : "* #{text}"
  end
end

def section(word, klass)
  properties = klass.properties.values.reject { |p| p.options[:skip_docs] }
  parts = ["## #{word}", "#{klass.description[0].upcase}#{klass.description[1..]}.", "```ruby\n#{klass.examples}```", actions(klass).join("\n")]
  unless properties.empty?
    parts << (['| property | kind | default | meaning |', '|---|---|---|---|'] + properties.map { |p| row(p) }).join("\n")
  end
  parts.join("\n\n")
end

words = Chef::Resource::LATER.values.sort
classes = words.to_h { |word| [word, Chef::Resource.class_by_name(word)] }
puts INTRO
puts classes.map { |word, klass| "* [#{word}](##{word}): #{klass.description}" }
classes.each { |word, klass| puts '', section(word, klass) }
