# Run because an application server asked for it.
address = node['db']['allow']

file "#{node['db']['root']}/allowed/#{address}" do
  content "asked for by #{node['remote_recipe']['from']}\n"
end
