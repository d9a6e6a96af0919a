<?php
// What the module asks of Magento, and nothing more.
namespace Magento\Framework\Component {
    class ComponentRegistrar { const MODULE = 'module'; public static function register($type, $name, $path) { echo "<!-- $name -->"; } }
}
namespace Magento\Framework\Event {
    interface ObserverInterface { public function execute(Observer $observer); }
    class Observer { public function getEvent() { return $this; } public function getData($name) { return new \Magento\Sales\Model\Order(); } }
}
namespace Magento\Framework\Stdlib { interface CookieManagerInterface { public function getCookie($name, $default = null); } }
namespace Magento\Framework\View\Element\Block { interface ArgumentInterface {} }
namespace Magento\Checkout\Model { class Session { public function getLastRealOrder() { return new \Magento\Sales\Model\Order(); } } }
namespace Magento\Sales\Model {
    class Order
    {
        public function getIncrementId() { return getenv('TID'); }
        public function getOrderCurrencyCode() { return getenv('CURRENCY') ?: 'EUR'; }
        public function getGrandTotal() { return '120.8900'; }
        public function getTaxAmount() { return '19.3000'; }
        public function getShippingAmount() { return '6.0900'; }
    }
}
namespace {
    class Cookies implements Magento\Framework\Stdlib\CookieManagerInterface
    {
        public function getCookie($name, $default = null) { return $name === 'clicktrail' ? getenv('CLICKID') : $default; }
    }
    class Block
    {
        public function getData($name) { return new Clicktrail\Tracking\ViewModel\Pixel(new Magento\Checkout\Model\Session(), new Cookies()); }
    }
    $folder = getenv('FOLDER') . '/app/code/Clicktrail/Tracking';
    spl_autoload_register(fn ($name) => require $folder . '/' . str_replace(['Clicktrail\\Tracking\\', '\\'], ['', '/'], $name) . '.php');
    require $folder . '/registration.php';
    $block = new Block();
    require $folder . '/view/frontend/templates/script.phtml';
    require $folder . '/view/frontend/templates/pixel.phtml';
    (new Clicktrail\Tracking\Observer\OrderPlaced(new Cookies()))->execute(new Magento\Framework\Event\Observer());
}
