# Say what this server is, find everyone who says the same, and ask each of
# them (here: ourselves) to run a recipe.
root = node['demo']['root']

right_link_tag 'demo:role=web'
right_link_tag "demo:port=#{node['demo']['port']}"

server_collection 'web servers' do
  tags 'demo:role=web'
  mandatory_tags 'demo:port='
  empty_ok false
  timeout 20
end

file "#{root}/peers.txt" do
  owner node['demo']['user']
  mode '0644'
  content(lazy do
    peers = node['server_collection']['web servers']
    peers.keys.sort.map { |id| "#{id} #{peers[id].sort.join(' ')}\n" }.join
  end)
end

remote_recipe 'greet the web servers' do
  recipe 'demo::announce'
  recipients_tags 'demo:role=web'
  attributes 'demo' => { 'announcement' => 'a new web server is up' }
end
