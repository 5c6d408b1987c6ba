# SPDX-License-Identifier: MIT
#
# RSpec code written against Chef 11's public classes runs on ours under a stock
# Ruby: nodes, resources, recipes and the runner without any command line.

require 'tmpdir'
require 'fileutils'
require 'socket'

RSpec.describe 'the classes of Chef 11 under a stock Ruby' do
  let(:events) { Chef::EventDispatch::Dispatcher.new }
  let(:node) do
    Chef::Node.new.tap do |n|
      n.name('spec.example.test')
      n.automatic['platform'] = 'debian'
      n.automatic['platform_version'] = '12.0'
      n.automatic['platform_family'] = 'debian'
    end
  end
  let(:run_context) { Chef::RunContext.new(node, {}, events) }
  let(:recipe) { Chef::Recipe.new('spec', 'default', run_context) }
  let(:dir) { Dir.mktmpdir('spec-') }

  before { Chef::Config[:file_backup_path] = File.join(dir, 'backup') }
  after { FileUtils.rm_rf(dir) }

  describe Chef::Node do
    it 'merges levels, the stronger wins (CORE-401)' do
      node.default['a']['b'] = 1
      node.override['a']['b'] = 2
      node.normal['a']['c'] = 3
      expect(node['a'].to_hash).to eq('b' => 2, 'c' => 3)
    end

    it 'refuses writes without a level (CORE-421)' do
      node.default['a']['b'] = 1
      expect { node['a']['b'] = 2 }
        .to raise_error(Chef::Exceptions::ImmutableAttributeModification)
    end
  end

  describe Chef::Resource::File do
    let(:path) { File.join(dir, 'made') }
    let(:resource) { described_class.new(path, run_context) }

    it 'is made directly and run (CORE-722)' do
      resource.content("whole\n")
      resource.mode('0640')
      resource.run_action(:create)
      expect(File.read(path)).to eq("whole\n")
      expect(File.stat(path).mode & 0o7777).to eq(0o640)
      expect(resource).to be_updated_by_last_action
    end

    it 'changes nothing the second time, not even mtime (RES-file-17)' do
      resource.content("whole\n")
      resource.run_action(:create)
      before = File.stat(path).mtime
      again = described_class.new(path, run_context)
      again.content("whole\n")
      again.run_action(:create)
      expect(again).not_to be_updated_by_last_action
      expect(File.stat(path).mtime).to eq(before)
    end

    it 'names the missing parent (RES-file-3)' do
      lost = described_class.new(File.join(dir, 'no', 'where'), run_context)
      lost.content('x')
      expect { lost.run_action(:create) }
        .to raise_error(Chef::Exceptions::EnclosingDirectoryDoesNotExist)
    end

    it 'validates as Chef does (RES-core-8)' do
      expect { resource.content(5) }
        .to raise_error(Chef::Exceptions::ValidationFailed, /content/)
    end

    it 'shows the provider and its current resource (RES-ruby-5)' do
      File.write(path, 'old')
      provider = resource.provider_for_action(:create)
      expect(provider).to be_a(Chef::Provider::File)
      provider.load_current_resource
      expect(provider.current_resource.path).to eq(path)
    end
  end

  describe Chef::Resource::RemoteFile do
    let!(:server) { TCPServer.new('127.0.0.1', 0) }

    # Downloads and diffs are programs of ours, which a stock Ruby has to find.
    it 'downloads, and shows what changed (CORE-722, RES-file-14)' do
      pid = fork do
        client = server.accept
        nil until client.gets.to_s.strip.empty?
        client.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnew\n")
        client.close
        exit!
      end
      path = File.join(dir, 'fetched')
      File.write(path, "old\n")
      resource = described_class.new(path, run_context)
      resource.source("http://127.0.0.1:#{server.addr[1]}/x")
      resource.run_action(:create)
      Process.wait(pid)
      expect(File.read(path)).to eq("new\n")
      expect(resource.diff).to match(/^-old$.*^\+new$/m)
    end
  end

  describe Chef::VersionConstraint do
    it 'compares as Chef does (CORE-820)' do
      expect(described_class.new('~> 1.2')).to include('1.9.0')
      expect(described_class.new('~> 1.2')).not_to include('2.0.0')
      expect { described_class.new('>= 1') }.to raise_error(Chef::Exceptions::InvalidCookbookVersion)
    end
  end

  describe Chef::Role do
    it 'has lists for environments (CORE-211)' do
      role = described_class.new
      role.name('web')
      role.run_list('recipe[a]')
      role.env_run_lists('_default' => ['recipe[a]'], 'prod' => ['recipe[b]'])
      expect(role.run_list_for('prod').map(&:to_s)).to eq(['recipe[b]'])
      expect(role.run_list_for('other').map(&:to_s)).to eq(['recipe[a]'])
    end
  end

  describe Chef::Recipe do
    it 'declares into the collection; the runner converges (CORE-601)' do
      path = File.join(dir, 'by-recipe')
      ran = []
      recipe.instance_eval do
        file path do
          content 'x'
          notifies :run, 'ruby_block[after]'
        end
        ruby_block 'after' do
          block { ran << :after }
          action :nothing
        end
      end
      Chef::Runner.new(run_context).converge
      expect(File.read(path)).to eq('x')
      expect(ran).to eq([:after])
    end

    it 'finds what it declared (CORE-530)' do
      declared = recipe.log('hello')
      expect(recipe.resources('log[hello]')).to equal(declared)
      expect { recipe.resources('log[nobody]') }
        .to raise_error(Chef::Exceptions::ResourceNotFound)
    end
  end

  describe Chef::Resource::LWRPBase do
    it 'is subclassed with attributes and actions (CORE-703)' do
      type = Class.new(described_class) do
        self.resource_name = 'thing'
        actions :make
        default_action :make
        attribute :colour, :kind_of => String, :default => 'red'
      end
      thing = type.new('a', run_context)
      expect(thing.colour).to eq('red')
      expect(thing.action).to eq(:make)
      expect { thing.colour(1) }
        .to raise_error(Chef::Exceptions::ValidationFailed)
    end
  end
end
