# nginx from Debian, with one site.
root = node['demo']['root']

package 'nginx-light' do
  options '--no-install-recommends'
end

user node['demo']['user'] do
  comment 'Owner of the demo site'
  home root
  shell '/usr/sbin/nologin'
  system true
end

directory root do
  owner node['demo']['user']
  mode '0755'
end

template "#{root}/index.html" do
  source 'index.html.erb'
  owner node['demo']['user']
  mode '0644'
end

# Debian's own site takes port 80.
link '/etc/nginx/sites-enabled/default' do
  action :delete
  notifies :restart, 'service[nginx]'
end

template '/etc/nginx/sites-available/demo' do
  source 'site.conf.erb'
  mode '0644'
  variables :port => node['demo']['port'], :root => root
  notifies :restart, 'service[nginx]'
end

link '/etc/nginx/sites-enabled/demo' do
  to '/etc/nginx/sites-available/demo'
  notifies :restart, 'service[nginx]'
end

service 'nginx' do
  supports :status => true, :restart => true
  action [:enable, :start]
end

package 'cron' do
  options '--no-install-recommends'
end

cron 'demo-heartbeat' do
  user node['demo']['user']
  minute '*/10'
  command "/usr/bin/touch #{root}/heartbeat"
end
