# The databases there are now, as the router knows them.
server_collection 'databases' do
  tags 'db:active=true'
  mandatory_tags 'db:address='
  empty_ok false
end

file '/srv/app/databases.txt' do
  content(lazy do
    found = node['server_collection']['databases'].values.flatten
    found.grep(/\Adb:address=/).map { |tag| "#{tag.split('=').last}\n" }.sort.join
  end)
end
