# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require_relative "harness"
require "chef/node"
require "chef/role"
require "chef/environment"
require "chef/cookbook_loader"
require "chef/data_bag_item"
require "chef/encrypted_data_bag_item"
require "chef/dsl/data_query"
require "chef/util/file_edit"
require "chef/file_cache"

ERRORS = Chef::Exceptions

def item(text)
  Chef::RunList::RunListItem.new(text)
end

test "core_201_run_list_items" do
  { "a" => "recipe[a]", "recipe[a::b]" => "recipe[a::b]", "role[x]" => "role[x]",
    "recipe[a@1.0]" => "recipe[a@1.0]", "a@1.2.3" => "recipe[a@1.2.3]",
    " recipe[a] " => "recipe[a]" }.each { |text, canonical| eq(canonical, item(text).to_s) }
  ["recipe[a@1]", "role[]", "recipe[]", "ROLE[x]", "a[b", "recipe[t"].each do |text|
    raises(ArgumentError, /Unable to create Chef::RunList::RunListItem from String:".*": must be recipe\[\] or role\[\]/) { item(text) }
  end
  eq("role[w]", item({ "type" => "role", "name" => "w" }).to_s)
  ok(item("a") == "recipe[a]")
end

test "core_203_additions_drop_duplicates_and_the_constructor_keeps_them" do
  list = Chef::RunList.new("a", "a")
  eq(2, list.size)
  list << "recipe[a]" << "a::default"
  eq("recipe[a], recipe[a], recipe[a::default]", list.to_s)
  list.reset!(%w[a role[b] a])
  eq([%w[a], %w[b]], [list.recipe_names, list.role_names])
  eq(true, list.include?("role[b]"))
  list.remove("a")
  eq("role[b]", list.to_s)
end

def role_files
  write("roles/inner.rb", "name 'inner'\nrun_list 'recipe[t::i]'\ndefault_attributes 'w' => {'x' => 'inner', 'l' => [1]}")
  write("roles/sub/outer.rb", "name 'outer'\nrun_list 'recipe[t::o]', 'role[inner]', 'role[outer]'\n" \
                              "default_attributes 'w' => {'x' => 'outer', 'l' => [2]}")
  write("roles/late.json", '{"name":"late","default_attributes":{"w":{"x":"late"}},"run_list":["t"]}')
  write("roles/env.rb", "name 'env'\nenv_run_lists '_default' => ['a'], 'prod' => ['b']")
  Chef::Config.role_path(File.join(directory, "roles"))
end

test "core_210_roles_open_depth_first_and_the_outer_wins" do
  role_files
  e = Chef::RunList.new("role[outer]").expand("_default")
  eq([%w[t::o t::i], %w[outer inner]], [e.recipes.to_a, e.roles])
  eq({ "w" => { "x" => "outer", "l" => [1, 2] } }, e.default_attrs)
  e = Chef::RunList.new("role[outer]", "role[late]").expand("_default")
  eq("late", e.default_attrs["w"]["x"])
end

test "core_211_lists_by_environment" do
  role_files
  eq(%w[b], Chef::RunList.new("role[env]").expand("prod").recipes.to_a)
  eq(%w[a], Chef::RunList.new("role[env]").expand("qa").recipes.to_a)
  raises(ERRORS::InvalidEnvironmentRunListSpecification) { Chef::Role.new.env_run_lists("x" => []) }
end

test "core_213_missing_roles_are_collected" do
  role_files
  write("roles/has.rb", "run_list 'role[gone]'")
  expansion = nil
  log = logged(:error) { expansion = Chef::RunList.new("role[has]", "role[nope]", "t").expand("_default") }
  eq([%w[gone role[has]], ["nope", "top level"]], expansion.missing_roles_with_including_role)
  match(/nope/, log)
  eq("The expanded run list includes nonexistent roles: gone, nope", ERRORS::MissingRole.new(expansion).message)
end

test "core_214_two_versions_conflict" do
  raises(ERRORS::CookbookVersionConflict, /Run list requires a at versions 1\.0 and 2\.0/) do
    Chef::RunList.new("a@1.0", "a@2.0").expand("_default")
  end
end

test "core_220_role_lookup" do
  role_files
  write("roles/twice/x/d.rb", "")
  write("roles/twice/y/d.rb", "")
  raises(ERRORS::DuplicateRole) { Chef::Role.from_disk("d") }
  raises(ERRORS::RoleNotFound, /Role 'zip' could not be loaded from disk/) { Chef::Role.from_disk("zip") }
end

test "core_230_environments" do
  Chef::Config.environment_path(File.join(directory, "environments"))
  raises(ERRORS::InvalidEnvironmentPath, /Environment path '.*' is invalid/) { Chef::Environment.load("prod") }
  write("environments/prod.rb", "default_attributes 'a' => 1\noverride_attributes 'b' => 2")
  raises(ERRORS::EnvironmentNotFound, /Environment 'x' could not be loaded from disk/) { Chef::Environment.load("x") }
  e = Chef::Environment.load("prod")
  eq([1, 2], [e.default_attributes["a"], e.override_attributes["b"]])
  eq("_default", Chef::Environment.load("_default").name)
end

test "core_231_constraints_of_an_environment_only_warn" do
  Chef::Config.environment_path(File.join(directory, "environments"))
  write("environments/pin.rb", "cookbook 'x', '= 1.0.0'")
  match(/not applied/, logged { Chef::Environment.load("pin") })
end

def node_with(json = {})
  Chef::Node.new.tap do |n|
    n.name("n1")
    n.consume_external_attrs({ "platform" => "Ubuntu", "platform_version" => "12.04" }, json)
  end
end

test "core_131_json_gives_run_list_and_normal_attributes" do
  n = node_with("recipes" => "a", "x" => { "y" => [1] })
  eq(["recipe[a]", [1], false], [n.run_list.to_s, n.normal["x"]["y"], n.attribute?("recipes")])
  eq(["ubuntu", []], [n["platform"], n["tags"]])
  raises(ERRORS::AmbiguousRunlistSpecification) { node_with("run_list" => [], "recipes" => []) }
end

test "core_432_a_platform_is_needed" do
  raises(ArgumentError, /Cannot find a platform for node\[n\]/) do
    Chef::Node.new.tap { |n| n.name("n") }.consume_external_attrs({}, {})
  end
end

test "core_422_method_access" do
  n = node_with("m" => { "one" => 1 })
  eq([1, false], [n.m.one, n.respond_to?(:m)])
  raises(NoMethodError, /\AUndefined method or attribute `zork' on `node'/) { n.zork }
  raises(NoMethodError, /\AUndefined node attribute or method `zork' on `node'/) { n.zork(1) }
  raises(ERRORS::ImmutableAttributeModification) { n.zork = 1 }
end

test "core_431_tags" do
  n = node_with
  n.tag("a", :b, "a")
  eq(%w[a b], n["tags"])
end

test "core_426_json_of_a_node" do
  n = node_with("run_list" => ["a"], "x" => 1)
  data = Chef::JSONCompat.parse(n.to_json)
  eq(%w[n1 _default Chef::Node], data.values_at("name", "chef_environment", "json_class"))
  eq([{ "x" => 1, "tags" => [] }, ["recipe[a]"]], data.values_at("normal", "run_list"))
  eq("n1", Chef::JSONCompat.from_json(n.to_json).name)
end

test "core_446_value_for_platform" do
  n = node_with
  eq(1, n.value_for_platform("ubuntu" => { "12.04" => 1, "default" => 2 }))
  eq(2, n.value_for_platform(%w[debian ubuntu] => { "10.04" => 1, "default" => 2 }))
  eq(3, n.value_for_platform("centos" => { "default" => 1 }, "default" => 3))
  eq(4, n.value_for_platform("ubuntu" => { ">= 12" => 4 }))
  raises(ArgumentError, /platform dependent values must be specified/) { n.value_for_platform("ubuntu" => 1) }
  eq([true, false], [n.platform?("debian", :ubuntu), n.platform?("centos")])
  n.automatic["platform_family"] = "debian"
  eq([5, true], [n.value_for_platform_family(%w[rhel debian] => 5), n.debian?])
end

# --- cookbooks -----------------------------------------------------------------

def cookbooks(*paths)
  paths = ["cookbooks"] if paths.empty?
  loader = Chef::CookbookLoader.new(*paths.map { |p| File.join(directory, p) })
  loader.load_cookbooks
  Chef::CookbookCollection.new(loader.cookbooks_by_name)
end

test "core_304_two_paths_merge_file_by_file" do
  write("cookbooks/t/recipes/default.rb", "")
  write("cookbooks/t/recipes/one.rb", "")
  write("cookbooks/t/metadata.rb", "version '1.0.0'\ndepends 'a'")
  write("second/t/recipes/default.rb", "")
  write("second/t/metadata.rb", "version '2.0.0'\ndepends 'b'")
  t = cookbooks("cookbooks", "second")["t"]
  eq("#{directory}/second/t/recipes/default.rb", t.recipe_filenames_by_name["default"])
  eq(%w[default one], t.recipe_filenames_by_name.keys.sort)
  eq(["2.0.0", %w[a b], "#{directory}/cookbooks/t"], [t.version, t.metadata.dependencies.keys, t.root_dir])
end

test "core_302_a_cookbook_is_found_by_both_names" do
  write("cookbooks/apache2-master/metadata.rb", "name 'apache2'")
  c = cookbooks
  ok(c["apache2"].equal?(c["apache2-master"]))
  raises(ERRORS::CookbookNotFound, /\ACookbook zip not found\. If you're loading zip from another cookbook/) { c["zip"] }
end

test "core_301_empty_directories_warn" do
  write("cookbooks/t/recipes/default.rb", "")
  require "fileutils"
  FileUtils.mkdir_p(File.join(directory, "cookbooks/empty"))
  c = nil
  match(/empty/, logged { c = cookbooks })
  eq(%w[t], c.keys)
end

test "core_306_chefignore_hides_files" do
  write("cookbooks/t/files/default/secret.txt", "")
  write("cookbooks/t/files/default/open.txt", "")
  write("cookbooks/chefignore", "# note\n\nfiles/default/secret*\n")
  eq(["open.txt"], cookbooks["t"].file_filenames.map { |f| File.basename(f) })
end

test "core_311_metadata_words" do
  write("cookbooks/t/metadata.rb", <<~RUBY)
    name 't'
    version '1.2'
    supports 'ubuntu', '>= 10.04'
    %w[a b].each { |c| depends c }
    depends 'c', '>=1.0'
    recipe 't::x', 'does x'
    chef_version '>= 12', '< 14'
    source_url 'http://example.test'
    attribute 'a/b', display_name: 'B', default: 'x', choice: %w[x y]
    something_new 1
  RUBY
  c = nil
  match(/unknown word `something_new'/, logged { c = cookbooks })
  m = c["t"].metadata
  eq(["1.2.0", ">= 10.04", { "a" => ">= 0.0.0", "b" => ">= 0.0.0", "c" => ">= 1.0" }],
     [m.version, m.platforms["ubuntu"], m.dependencies])
  eq("string", m.attributes["a/b"]["type"])
end

test "core_313_wrong_metadata" do
  m = Chef::Cookbook::Metadata
  raises(ERRORS::ObsoleteDependencySyntax) { m.new.depends("a", "> 1.0", "< 2.0") }
  raises(ERRORS::InvalidVersionConstraint) { m.new.depends("a", ">= x.y") }
  raises(ERRORS::InvalidCookbookVersion) { m.new.version("one") }
  raises(ArgumentError) { m.new.attribute("a", choice: ["x"], default: "y") }
  raises(ERRORS::ValidationFailed) { m.new.attribute("a", type: "object") }
end

test "core_340_specificity" do
  node = { fqdn: "h.test", platform: "ubuntu", platform_version: "12.04" }
  order = ["host-h.test", "ubuntu-12.04", "ubuntu-12", "ubuntu", "default"]
  order.reverse_each do |place|
    write("cookbooks/t/files/#{place}/f", place)
    path = cookbooks["t"].preferred_filename_on_disk_location(node, :files, "f")
    eq(place, File.read(path))
  end
  write("cookbooks/t/templates/top.erb", "")
  ok(cookbooks["t"].has_template_for_node?(node, "top.erb"))
  error = raises(ERRORS::FileNotFound) { cookbooks["t"].preferred_filename_on_disk_location(node, :files, "none") }
  match(%r{\ACookbook 't' \(0\.0\.0\) does not contain a file at any of these locations:\n  files/ubuntu-12\.04/none\n  files/ubuntu/none\n  files/default/none\n}, error.message)
end

test "core_342_one_directory_supplies_the_whole_tree" do
  node = { fqdn: "h", platform: "ubuntu", platform_version: "12.04" }
  write("cookbooks/t/files/default/d/a", "")
  write("cookbooks/t/files/ubuntu/d/b/c", "")
  eq(["b/c"], cookbooks["t"].relative_filenames_in_preferred_directory(node, :files, "d"))
end

# --- data bags -----------------------------------------------------------------

def bags
  Chef::Config.data_bag_path(File.join(directory, "data_bags"))
  Object.new.extend(Chef::DSL::DataQuery)
end

test "core_470_data_bags" do
  dsl = bags
  raises(ERRORS::InvalidDataBagPath, /Data bag path '.*' is invalid/) { logged { dsl.data_bag("x") } }
  write("data_bags/u/file.json", '{"id":"ann","n":1}')
  eq([%w[ann], []], [dsl.data_bag(:u), dsl.data_bag("none")])
  i = dsl.data_bag_item("u", "ann")
  eq([1, 1, "ann", "u"], [i["n"], i[:n], i.id, i.data_bag])
  log = logged { raises(ERRORS::ValidationFailed, /Data Bag Items must contain a Hash or Mash!/) { dsl.data_bag_item("u", "bob") } }
  match(/Failed to load data bag item: "u" "bob"/, log)
  logged { raises(ERRORS::InvalidDataBagName) { dsl.data_bag("a/b") } }
  write("data_bags/bad/x.json", "{")
  logged { raises(ERRORS::JSON::ParseError, %r{data_bags/bad/x\.json: }) { dsl.data_bag("bad") } }
end

test "core_477_encryption_of_every_version" do
  e = Chef::EncryptedDataBagItem
  [1, 2, 3].each do |version|
    Chef::Config[:data_bag_encrypt_version] = version
    hash = e.encrypt_data_bag_item({ "id" => "x", "a" => [1, "ü"], "n" => nil }, "secret")
    eq(version, hash["a"]["version"])
    eq({ "id" => "x", "a" => [1, "ü"], "n" => nil }, e.new(hash, "secret").to_hash)
    raises(e::DecryptionFailure) { e.new(hash, "other")["a"] }
  end
  zero = { "id" => "z", "pass" => "fskxjLYXtlB5u1Xxx5Tagw==\n" }
  eq("plain old", e.new(zero, "open sesame 1")["pass"])
  Chef::Config[:data_bag_decrypt_minimum_version] = 1
  raises(e::UnacceptableEncryptedDataBagItemFormat) { e.new(zero, "open sesame 1")["pass"] }
  raises(ArgumentError) { e.new(zero, "x")["pass"] = 1 }
end

test "core_478_data_bag_item_decrypts_when_there_is_a_secret" do
  dsl = bags
  Chef::Config[:encrypted_data_bag_secret] = write("secret", "s3cret\n")
  hash = Chef::EncryptedDataBagItem.encrypt_data_bag_item({ "id" => "i", "a" => 5 }, "s3cret")
  write("data_bags/e/i.json", Chef::JSONCompat.to_json(hash))
  eq(5, dsl.data_bag_item("e", "i")["a"])
  eq(5, dsl.data_bag_item("e", "i", "s3cret")["a"])
  raises(Errno::ENOENT) { Chef::EncryptedDataBagItem.load_secret("/no/such") }
  raises(ArgumentError) { Chef::EncryptedDataBagItem.load_secret(write("blank", " \n")) }
end

# --- helpers -------------------------------------------------------------------

test "core_821_file_edit" do
  path = write("conf", "# head\nport 80\nhost a\ntail")
  f = Chef::Util::FileEdit.new(path)
  f.search_file_replace_line(/^host/, "host b")
  f.search_file_replace(/80/, "8080")
  f.insert_line_after_match(/^tail/, "after")
  f.insert_line_if_no_match("newkey", "newkey 1")
  f.insert_line_if_no_match("newkey", "newkey 1")
  f.search_file_delete_line(/^#/)
  eq([true, false], [f.unwritten_changes?, f.file_edited?])
  f.write_file
  eq("port 8080\nhost b\ntail\nafter\nnewkey 1\n", File.read(path))
  eq("# head\nport 80\nhost a\ntail", File.read("#{path}.old"))
  eq([false, true], [f.unwritten_changes?, f.file_edited?])
  raises(ArgumentError, /\AFile '.*' does not exist\z/) { Chef::Util::FileEdit.new("#{path}.none") }
end

test "core_123_file_cache" do
  Chef::Config.file_cache_path(File.join(directory, "cache"))
  c = Chef::FileCache
  c.store("sub/f", "text", 0o600)
  eq(["text", "#{directory}/cache/sub/f", true, false, ["sub/f"]],
     [c.load("sub/f"), c.load("sub/f", false), c.has_key?("sub/f"), c.has_key?("no"), c.list])
  eq(0o600, File.stat(c.load("sub/f", false)).mode & 0o7777)
  raises(ERRORS::FileNotFound) { c.load("no") }
  c.delete("sub/f")
  eq(false, c.has_key?("sub/f"))
  ok(File.directory?(c.create_cache_path("made/here")))
  eq(["#{directory}/cache/not/here", false], [c.create_cache_path("not/here", false), File.exist?("#{directory}/cache/not")])
  c.move_to(write("moved", "m"), "a/b/c")
  eq("m", c.load("a/b/c"))
end

test "core_830_superclasses" do
  { RuntimeError => %i[Exec FileNotFound Package Service MissingRole ContentLengthMismatch RunLockTimeout],
    ArgumentError => %i[ValidationFailed RecipeNotFound UserIDNotFound InvalidDataBagPath],
    StandardError => %i[MultipleFailures MetadataNotFound], NoMethodError => %i[ImmutableAttributeModification],
    NotImplementedError => %i[IllegalVersionConstraint] }.each do |parent, names|
    names.each { |name| eq(parent, ERRORS.const_get(name).superclass, name) }
  end
end

test "core_630_failures_are_told_together" do
  m = ERRORS::MultipleFailures.new
  m.client_run_failure(RuntimeError.new("one"))
  raises(RuntimeError, /\Aone\z/) { m.raise! }
  m.notification_failure(ArgumentError.new("two"))
  raises(ERRORS::MultipleFailures, /\AMultiple failures occurred:\n\* RuntimeError occurred in chef run: one\n\* ArgumentError occurred in delayed notification: two\n\z/) { m.raise! }
end

test "files_with_wrong_json_are_named" do
  write("roles/r.json", '{"name":')
  write("environments/e.json", "[]")
  write("cookbooks/t/metadata.json", "3")
  Chef::Config.role_path(File.join(directory, "roles"))
  Chef::Config.environment_path(File.join(directory, "environments"))
  parse = ERRORS::JSON::ParseError
  raises(parse, %r{\A#{directory}/roles/r\.json: }) { Chef::Role.from_disk("r") }
  raises(parse, %r{\A#{directory}/environments/e\.json: an environment must be a JSON object\z}) { Chef::Environment.load("e") }
  raises(parse, %r{\A#{directory}/cookbooks/t/metadata\.json: metadata must be a JSON object\z}) { logged { cookbooks } }
end

test "core_310_a_failing_metadata_file_is_named" do
  write("cookbooks/t/metadata.rb", "name 't'\nraise 'broken'\n")
  log = logged(:error) { raises(RuntimeError, /\Abroken\z/) { cookbooks } }
  match(%r{cookbook t: .*/t/metadata\.rb:2:.*: broken}, log)
end

test "core_1122_root_files_stand_for_default" do
  write("cookbooks/t/attributes.rb", "")
  write("cookbooks/t/attributes/more.rb", "")
  write("cookbooks/t/recipe.rb", "")
  t = cookbooks["t"]
  eq(%w[t::default], t.fully_qualified_recipe_names)
  eq(%w[attributes.rb more.rb], t.attribute_filenames.map { |f| File.basename(f) }.sort)
  eq("#{directory}/cookbooks/t/attributes.rb", t.attribute_filenames_by_short_filename["default"])
end

test "files_may_begin_with_a_byte_order_mark" do
  bom = "\uFEFF"
  write("cookbooks/t/metadata.rb", "#{bom}version '1.2.3'")
  write("data_bags/b/i.json", "#{bom}{\"id\":\"i\"}")
  eq("1.2.3", cookbooks["t"].version)
  eq(%w[i], bags.data_bag("b"))
end

test "core_1112_what_a_cookbook_asks_of_chef" do
  m = Chef::Cookbook::Metadata.new
  eq(true, m.suits_chef?("11.18.12"))
  m.chef_version(">= 12.5", "< 14")
  eq([false, true, false], %w[11.18.12 13.0.1 14.0].map { |v| m.suits_chef?(v) })
  m.chef_version("~> 11")
  eq(true, m.suits_chef?("11.18.12"))
end

test "core_480_search_reads_a_data_bag_of_that_name" do
  dsl = bags
  write("data_bags/users/ann.json", '{"id":"ann","groups":["sysadmin","dev"],"uid":2001,"ssh":{"key":"a b"}}')
  write("data_bags/users/bob.json", '{"id":"bob","groups":["sysadmin"],"action":"remove"}')
  write("data_bags/users/cid.json", '{"id":"cid","groups":["dev"],"uid":2003}')
  ids = ->(query) { dsl.search(:users, query).map(&:id) }
  { "*:*" => %w[ann bob cid], "groups:sysadmin AND NOT action:remove" => %w[ann],
    "groups:sys* OR id:c?d" => %w[ann bob cid], "groups:sysadmin NOT action:remove" => %w[ann],
    "(id:ann OR id:bob) AND groups:dev" => %w[ann], 'ssh_key:"a b"' => %w[ann], "key:a\\ b" => %w[ann],
    "uid:[2002 TO *]" => %w[cid], "NOT uid:*" => %w[bob], "-groups:dev" => %w[bob] }.each do |query, expected|
    eq(expected, ids.call(query), query)
  end
  seen = []
  eq(true, dsl.search("users") { |i| seen << i["id"] })
  eq(%w[ann bob cid], seen)
  rows, start, total = dsl.search(:users, "*:*", nil, 1, 1)
  eq([%w[bob], 1, 3], [rows.map(&:id), start, total])
  ["groups:", "a:b c:d", "(a:b", "a:b AND"].each { |bad| raises(ArgumentError, /cannot be read/) { ids.call(bad) } }
  raises(ArgumentError, /nested deeper/) { ids.call("(" * 200 + "a:b" + ")" * 200) }
  raises(ERRORS::PrivateKeyMissing, /data bag named node/) { dsl.search(:node, "role:web") }
end

test "core_1105_replacing_writers" do
  n = node_with
  n.default["a"] = { "x" => 1, "y" => { "z" => 1 } }
  n.role_default["a"]["y"]["w"] = 2
  n.force_default!["a"]["y"] = { "only" => 3 }
  eq({ "x" => 1, "y" => { "only" => 3 } }, n["a"].to_hash)
  n.default!("a", "y", "only", 4)
  eq(4, n["a"]["y"]["only"])
  n.normal!("k", [1])
  n.override!("k", [2])
  eq([2], n["k"])
  eq([2], n.rm("k"))
  eq(nil, n["k"])
  eq({ "x" => 1, "y" => { "only" => 4 } }, n.rm_default("a").to_hash)
  # 11: without arguments the writers of the strongest component.
  n.default!["q"] = 1
  n.override!["q"] = 2
  eq([1, 2], [n.force_default["q"], n.force_override["q"]])
end

test "core_1104_paths_of_a_node" do
  n = node_with("l" => [{ "x" => 1 }])
  n.write(:default, "a", "b", 1)
  eq([1, nil, 1, true, false], [n.read("a", "b"), n.read("a", "c", "d"), n.dig("l", 0, "x"), n.exist?("a"), n.exist?("z")])
  raises(ERRORS::NoSuchAttribute) { n.read!("z") }
  n.write!(:override, "a", "b", 2)
  eq(2, n["a"]["b"])
  n.unlink(:override, "a", "b")
  eq(1, n["a"]["b"])
end

test "core_430_names_and_questions" do
  n = node_with("run_list" => ["a::b", "role[w]"])
  eq(["node[n1]", true, false, true, false], [n.to_s, n.recipe?("a::b"), n.recipe?("c"), n.role?("w"), n.role?("x")])
  n.loaded_recipe("c", "default")
  n.loaded_recipe("c", "default")
  eq([%w[c::default], true], [n["recipes"], n.recipe?("c::default")])
  raises(ERRORS::ValidationFailed) { Chef::Node.new.name("bad name") }
  raises(ERRORS::ValidationFailed) { n.chef_environment("bad name!") }
  n.override_runlist("z")
  eq(["recipe[z]", "recipe[a::b], role[w]"], [n.run_list.to_s, n.primary_runlist.to_s])
  ok(n.save.equal?(n))
end
