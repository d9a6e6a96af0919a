<?php
// What the plugin asks of WordPress and WooCommerce, and nothing more.
define('ABSPATH', __DIR__);

$actions = [];
function add_action($hook, $act)
{
    global $actions;
    $actions[$hook][] = $act;
}
function do_action($hook, ...$given)
{
    global $actions;
    foreach ($actions[$hook] ?? [] as $act) {
        $act(...$given);
    }
}
function wp_print_script_tag($attributes)
{
    echo '<script';
    foreach ($attributes as $name => $value) {
        echo ' ', $name, $value === true ? '' : '="' . htmlspecialchars($value) . '"';
    }
    echo "></script>\n";
}

class WC_Order
{
    public $meta = [];
    public function get_order_number() { return getenv('TID'); }
    public function get_currency() { return getenv('CURRENCY') ?: 'EUR'; }
    public function get_total() { return '120.89'; }
    public function get_total_tax() { return '19.30'; }
    public function get_shipping_total() { return '6.09'; }
    public function get_meta($name) { return $this->meta[$name] ?? ''; }
    public function update_meta_data($name, $value) { $this->meta[$name] = $value; }
    public function save() {}
}
$stored = new WC_Order();
function wc_get_order($id)
{
    global $stored;
    return $id === 17 ? $stored : false;
}

require getenv('FOLDER') . '/clicktrail/clicktrail.php';
do_action('wp_head');
$_COOKIE['clicktrail'] = getenv('CLICKID');
do_action(getenv('BLOCKS') ? 'woocommerce_store_api_checkout_update_order_meta' : 'woocommerce_checkout_create_order', $stored);
$_COOKIE = []; // the payment's provider calls without it
do_action('woocommerce_payment_complete', 17);
do_action('woocommerce_order_status_processing', 17);
do_action('woocommerce_thankyou', 17);
