# SPDX-License-Identifier: MIT
#
# The classes that libraries and recipes name, one rule a test.
require_relative '../recipe/world'

def names?(object, *names)
  eq([], names.reject { |name| object.respond_to?(name) })
end

test 'core_202_run_list_items_have_one_spelling' do
  item = Chef::RunList::RunListItem
  eq(%w[recipe[a@1.0] recipe[a] role[x]],
     ['recipe[a@1.0]', 'a', 'role[x]'].map { |text| item.new(text).to_s })
  ok(item.new('a') == item.new('recipe[a]'))
  ok(item.new('a') != item.new('a@1.0'))
  ok(item.new('a') == 'recipe[a]')
  ok(item.new('a') != 'a')
  ok(item.new('recipe[x]') != item.new('role[x]'))
end

test 'core_314_attribute_options_of_metadata_are_checked' do
  data = Chef::Cookbook::Metadata.new
  data.name('m')
  %w[string array hash symbol boolean numeric].each { |type| data.attribute("a/#{type}", type: type) }
  ['required', 'recommended', 'optional', true, false].each { |word| data.attribute("r/#{word}", required: word) }
  ok(data.attribute('a', display_name: 'A', description: 'd', choice: %w[x y], calculated: false,
                         type: 'string', required: 'optional', recipes: %w[m], default: 'x'))
  wrong = [{ type: 'float' }, { required: 'maybe' }, { choice: 'x' }, { calculated: 'yes' },
           { display_name: 1 }, { recipes: 'm' }, { calculated: true, default: 'x' },
           { choice: %w[a b], default: 'c' }]
  wrong.each { |options| raises(ArgumentError) { data.attribute('w', options) } }
end

test 'core_343_asks_whether_a_cookbook_has_a_file' do
  cookbook('t', 'templates/default/a.erb' => '', 'files/default/b' => '',
                'recipes/default.rb' => '')
  context = compile
  eq([true, false], %w[a.erb z.erb].map { |n| context.has_template_in_cookbook?('t', n) })
  eq([true, false], %w[b z].map { |n| context.has_cookbook_file_in_cookbook?('t', n) })
  raises(Chef::Exceptions::CookbookNotFound) { context.has_template_in_cookbook?('none', 'a.erb') }
end

test 'core_344_a_cookbook_tells_its_files' do
  cookbook('t', 'metadata.rb' => "name 't'\nversion '1.2.3'", 'recipes/default.rb' => '', 'recipes/x.rb' => '',
                'attributes/default.rb' => '', 'libraries/l.rb' => '', 'templates/default/a.erb' => 'A',
                'files/default/b' => 'B', 'files/default/tree/c' => 'C')
  context = compile
  book = context.cookbook_collection['t']
  ok(book.equal?(context.cookbook_collection[:t]))
  eq(['t', '1.2.3', "#{cookbook_path}/t"], [book.name.to_s, book.version, book.root_dir])
  eq('1.2.3', book.metadata.version)
  base = ->(list) { list.map { |path| File.basename(path) }.sort }
  eq(%w[default.rb x.rb], base[book.recipe_filenames])
  eq(%w[default x], book.recipe_filenames_by_name.keys.sort)
  eq([%w[default.rb], %w[l.rb], %w[a.erb], %w[b c]],
     [book.attribute_filenames, book.library_filenames, book.template_filenames, book.file_filenames].map(&base))
  eq(%w[t::default t::x], book.fully_qualified_recipe_names.sort)
  eq("#{cookbook_path}/t/files/default/b", book.preferred_filename_on_disk_location(context.node, :files, 'b'))
  eq("#{cookbook_path}/t/templates/default/a.erb",
     book.preferred_filename_on_disk_location(context.node, :templates, 'a.erb'))
  eq(%w[c], book.relative_filenames_in_preferred_directory(context.node, :files, 'tree'))
  ok(book.manifest['recipes'].any? { |file| file['name'] == 'x.rb' })
  raises(Chef::Exceptions::CookbookNotFound) { context.cookbook_collection['none'] }
end

test 'core_472_data_bags_are_read_from_the_directory' do
  write('bags/users/a.json', '{"id": "a", "n": 1}')
  write('bags/users/b.json', '{"id": "b"}')
  Chef::Config[:data_bag_path] = "#{directory}/bags"
  Chef::Config[:solo] = true
  eq({ 'users' => 'users' }, Chef::DataBag.list)
  bag = Chef::DataBag.load('users')
  eq([%w[a b], 1], [bag.keys.sort, bag['a']['n']])
  item = Chef::DataBagItem.load('users', 'a')
  eq(['a', 1], [item['id'], item['n']])
end

test 'core_532_the_collection_answers_as_a_list' do
  recipe "log 'a'\nlog 'b'"
  all = compile.resource_collection
  a, b = all.all_resources
  eq(%w[a b], all.map(&:name))
  eq(%w[a b], all.each.map(&:name))
  seen = []
  all.each_index { |i| seen << i }
  eq([0, 1], seen)
  eq([a, false], [all[0], all.empty?])
  eq([b, b, [a, b]], [all.lookup('log[b]'), all.find('log[b]'), all.resources('log[a]', log: 'b')])
  all << Chef::Resource::Log.new('c')
  all.push(Chef::Resource::Log.new('d'))
  all.insert(Chef::Resource::Log.new('e'), resource_type: :note, instance_name: 'x')
  all[0] = Chef::Resource::Log.new('z')
  eq(%w[z b c d e], all.map(&:name))
  eq('e', all.lookup('note[x]').name)
  eq('d', all.delete('log[d]').name)
  raises(Chef::Exceptions::ResourceNotFound) { all.lookup('log[d]') }
  ok(all.keys.include?('log[b]'))
  ran = []
  all.execute_each_resource do |r|
    ran << r.name
    ok(all.iterator.respond_to?(:skip_back))
  end
  eq(%w[z b c e], ran)
  match(/"json_class":\s*"Chef::ResourceCollection"/, all.to_json)
end

test 'core_643_insert_after_current_is_the_old_name' do
  recipe "ruby_block 'a' do\n  block do\n    extra = Chef::Resource::RubyBlock.new('x', run_context)\n" \
         "    extra.block { $notes << :x }\n    run_context.resource_collection.insert_after_current(extra)\n  end\nend\n" \
         "ruby_block('b') { block { $notes << :b } }"
  converge
  eq(%i[x b], notes)
end

test 'core_816_names_that_left_the_mixins' do
  log = logged do
    eq(true, Chef::Mixin::Language.include?(Chef::DSL::PlatformIntrospection))
    eq(true, Chef::Mixin::Language.include?(Chef::DSL::DataQuery))
    ok(Class.new { include Chef::Mixin::LanguageIncludeRecipe }.include?(Chef::DSL::IncludeRecipe))
    ok(Class.new { include Chef::Mixin::LanguageIncludeAttribute }.include?(Chef::DSL::IncludeAttribute))
    ok(Class.new { include Chef::Mixin::RecipeDefinitionDSLCore }.include?(Chef::DSL::Recipe))
  end
  match(/WARN.*Chef::Mixin::Language/, log)
  raises(NameError) { Chef::Mixin::NoSuchMixin }
  ok([Chef::DSL::RegistryHelper, Chef::DSL::RebootPending].all?(Module))
end

test 'core_818_modes_and_owners_are_checked' do
  file = Chef::Resource::File.new('/x')
  ['644', '0644', 0o644, '7777', 0].each { |mode| eq(mode, file.mode(mode)) }
  [0o10000, -1, '10000'].each { |mode| raises(ArgumentError) { file.mode(mode) } }
  raises(ArgumentError, /invalid value for Integer|nvalid/) { file.mode('rwx') }
  eq(['www-data', 33, 'wheel', 0], [file.owner('www-data'), file.user(33), file.group('wheel'), file.group(0)])
  raises(Chef::Exceptions::ValidationFailed) { file.owner('a:b') }
  raises(Chef::Exceptions::ValidationFailed) { file.group("a\nb:") }
end

test 'core_823_the_platform_table' do
  saved = Chef::Platform.platforms
  Chef::Platform.platforms = { default: {}, debian: { default: {} } }
  mine = Class.new(Chef::Provider)
  other = Class.new(Chef::Provider)
  Chef::Platform.set(platform: :debian, resource: :thing, provider: mine)
  Chef::Platform.set(platform: :debian, version: '>= 12', resource: :thing, provider: other)
  Chef::Platform.set(platform: :newos, version: '1.0', resource: :thing, provider: mine)
  eq([mine, other], [Chef::Platform.find_provider('debian', '7', :thing), Chef::Platform.find_provider('debian', '12', :thing)])
  eq(mine, Chef::Platform.find('Debian', '7')[:thing])
  eq(mine, Chef::Platform.find('newos', '1.0')[:thing])
  ok(Chef::Platform.platforms.is_a?(Hash))
  node = Chef::Node.build('n')
  node.automatic['platform'] = 'debian'
  node.automatic['platform_version'] = '12'
  eq(%w[debian 12], Chef::Platform.find_platform_and_version(node))
  thing = Chef::Resource::Log.new('x')
  eq(Chef::Provider::Log::ChefLog, Chef::Platform.find_provider_for_node(node, thing))
  eq(:write, Chef::Platform.provider_for_resource(thing, :write).action)
  raises(ArgumentError, /Cannot find a provider/) { Chef::Platform.find_provider('debian', '12', :none) }
  eq(false, Chef::Platform.windows?)
ensure
  Chef::Platform.platforms = saved
end

class Chef::Resource::SurfaceThing < Chef::Resource
  provides :surface_thing, on_platforms: ['oracle linux', :debian]
  provides :surface_any, on_platforms: :all
  identity_attr :path
  state_attrs :owner, :mode
end

test 'core_824_the_class_side_of_resources' do
  thing = Chef::Resource::SurfaceThing
  node = Chef::Node.build('n')
  node.automatic['platform'] = 'debian'
  node.automatic['platform_version'] = '12'
  eq(thing, Chef::Resource.resource_for_node(:surface_thing, node))
  eq(thing, Chef::Resource.resource_for_platform(:surface_thing, 'oracle_linux', '6'))
  eq(thing, Chef::Resource.resource_for_platform(:surface_any))
  raises(Chef::Exceptions::NoSuchResourceType) { Chef::Resource.resource_for_node(:surface_none, node) }
  ok(Chef::Resource.resource_classes.include?(thing))
  eq([:surface_thing, :path, %i[owner mode]], [thing.dsl_name, thing.identity_attr, thing.state_attrs])
  eq(Chef::Provider, thing.provider_base)
  names?(Chef::Resource, :platform_map)
end

test 'core_724_the_base_of_resources_can_be_reopened' do
  Chef::Resource.class_eval do
    def persist(arg = nil)
      set_or_return(:persist, arg, kind_of: [TrueClass, FalseClass])
    end
  end
  recipe "log('a') { persist true }\nfile \"\#{node['root']}/f\" do\n  persist false\nend"
  compile
  eq([true, false], [resource('log[a]').persist, resource("file[#{directory}/f]").persist])
ensure
  Chef::Resource.class_eval { remove_method :persist }
end

test 'core_825_the_run_context' do
  cookbook('t', 'recipes/default.rb' => "log 'a'", 'recipes/more.rb' => "log 'b'", 'attributes/default.rb' => '')
  write('plain.rb', "log 'c'")
  context = compile
  names?(context, :node, :cookbook_collection, :definitions, :resource_collection, :resource_collection=, :events,
         :immediate_notification_collection, :delayed_notification_collection, :notifies_immediately,
         :notifies_delayed, :resolve_attribute, :open_stream)
  eq([true, true, false], %w[t t::default t::more].map { |n| context.loaded_recipe?(n) })
  context.include_recipe('t::more')
  eq(false, context.load_recipe('t::more'))
  context.load_recipe_file("#{directory}/plain.rb")
  raises(Chef::Exceptions::RecipeNotFound) { context.load_recipe_file("#{directory}/none.rb") }
  eq([%w[t::default t::more], %w[t::default]], [context.loaded_recipes, context.loaded_attributes])
  eq("#{cookbook_path}/t/attributes/default.rb", context.resolve_attribute('t', 'default'))
  a, b, c = context.resource_collection.to_a
  context.notifies_immediately(Chef::Resource::Notification.new(b, :write, a))
  context.notifies_delayed(Chef::Resource::Notification.new(c, :write, a))
  eq([[b], [c]], [context.immediate_notifications(a), context.delayed_notifications(a)].map { |l| l.map(&:resource) })
  eq(:done, context.open_stream(name: 'x') { |stream| stream.append('y'); :done })
  mine = Chef::ResourceCollection.new
  context.resource_collection = mine
  ok(context.resource_collection.equal?(mine))
end

test 'core_826_objects_libraries_and_tests_make' do
  eq(%w[n m], [Chef::Node.build('n').name, Chef::Node.new.tap { |n| n.name('m') }.name])
  merged = Chef::Node::Attribute.new({ 'a' => 1 }, { 'a' => 0, 'd' => 2 }, { 'o' => 3 }, { 'u' => 4 })
  eq([1, 2, 3, 4], %w[a d o u].map { |k| merged[k] })
  node = Chef::Node.build('n')
  node.automatic['platform'] = 'debian'
  node.automatic['platform_version'] = '12'
  context = Chef::RunContext.new(node, {}, Chef::EventDispatch::Dispatcher.new)
  Chef::Recipe.new('c', 'r', context).instance_eval { ruby_block('x') { block { $notes << :ran } } }
  Chef::Log.level = :fatal
  Chef::Runner.new(context).converge
  eq([:ran], notes)
  path = write('roles/r.json', '{"name": "r", "json_class": "Chef::Role", "run_list": ["a"]}')
  write('environments/e.json', '{"name": "e", "json_class": "Chef::Environment"}')
  Chef::Config[:role_path] = File.dirname(path)
  Chef::Config[:environment_path] = "#{directory}/environments"
  Chef::Config[:solo] = true
  eq(%w[r e], [Chef::Role.from_disk('r').name, Chef::Environment.load('e').name])
  eq('2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
     Chef::Digester.checksum_for_file(write('x', 'x')))
  Chef::Config[:file_cache_path] = "#{directory}/cache"
  Chef::FileCache.store('k', 'v')
  eq(['v', true], [Chef::FileCache.load('k'), Chef::FileCache.has_key?('k')])
  names?(Chef::Client, :when_run_starts, :when_run_completes_successfully, :when_run_fails)
  ok([Chef::FileAccessControl, Chef::ScanAccessControl, Chef::CookbookLoader].all?(Class))
  ok(%i[get_rest fetch post_rest].all? { |m| Chef::REST.method_defined?(m) })
  ok(Chef::HTTP::Simple.method_defined?(:get))
end

test 'core_827_small_constants' do
  ok(Chef::ReservedNames.is_a?(Module))
  eq({ 'a' => { 'b' => 1 } }, Chef::Whitelist.filter({ 'a' => { 'b' => 1, 'c' => 2 }, 'd' => 3 }, ['a/b']))
  ok(Chef::DelayedEvaluator < Proc)
  ok(!Chef::NIL_ARGUMENT.nil?)
end
