<?php
// Counts its visits in redis, spoken to in redis's own protocol, so that no PHP extension is needed.
header('Content-Type: text/plain');
$redis = @stream_socket_client('unix://' . dirname(__DIR__) . '/run/redis.sock', $number, $text, 2);
if ($redis === false) {
    http_response_code(503);
    exit("redis does not answer: $text\n");
}
fwrite($redis, "*2\r\n$4\r\nINCR\r\n$6\r\nvisits\r\n");
$visits = (int) substr(fgets($redis), 1);
echo "visit $visits, served by nginx, php-fpm and redis\n";
