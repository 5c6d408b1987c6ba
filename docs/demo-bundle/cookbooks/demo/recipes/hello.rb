# For `rightlink run demo::hello`.
node['demo']['greetings'].each do |greeting|
  log "#{greeting} from #{node['hostname']}" do
    level :warn
  end
end
