# sh own_dev.sh FOLDER COMMAND…: run the command with a /dev of its own, in which /dev/log is FOLDER/log. Takes root.
# To be started as `unshare --mount sh own_dev.sh …`, so that nobody else sees it, and all of it ends with the command.
set -e
folder=$1
shift
dev=$folder/dev
mkdir "$dev"
mount -t tmpfs none "$dev"
for node in null zero full random urandom tty; do
    : > "$dev/$node"
    mount --bind "/dev/$node" "$dev/$node"
done
ln -s /proc/self/fd "$dev/fd"
ln -s fd/0 "$dev/stdin"
ln -s fd/1 "$dev/stdout"
ln -s fd/2 "$dev/stderr"
ln -s "$folder/log" "$dev/log"
mount --move "$dev" /dev
rmdir "$dev"
exec "$@"
