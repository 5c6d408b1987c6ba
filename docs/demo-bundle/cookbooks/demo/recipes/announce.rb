# Run because a server asked for it: node['remote_recipe'] says which.
from = node['remote_recipe'] ? node['remote_recipe']['from'] : 'nobody'
text = node['demo']['announcement'] || 'nothing to announce'

file "#{node['demo']['root']}/announcement.txt" do
  owner node['demo']['user']
  mode '0644'
  content "#{text} (says #{from})\n"
end
