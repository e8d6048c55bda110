<?php
// Says who has served it. With ?until=FILE it says so in FILE.pid at once, and answers when there is such a file.
header('Content-Type: text/plain');
$until = $_GET['until'] ?? '';
if ($until !== '') {
    $path = dirname(__DIR__) . '/log/' . basename($until);
    file_put_contents("$path.pid", getmypid() . "\n");
    while (!file_exists($path)) {
        usleep(10000);
        clearstatcache();
    }
}
echo 'served by php-cgi ', getmypid(), "\n";
